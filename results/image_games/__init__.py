"""Games on images: GAN and IVGAN on MNIST."""
