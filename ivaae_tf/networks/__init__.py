"""The encoder E, decoder G and discriminator D of the paper's Tables 3 and 4."""

from ivaae_tf.networks import convolutional, fully_connected

# Each module offers encoder(), decoder(), discriminator() and image_discriminator().
NETWORKS = {"fully_connected": fully_connected, "convolutional": convolutional}
