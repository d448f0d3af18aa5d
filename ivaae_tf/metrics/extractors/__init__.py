"""Networks that turn images to the features that scores are taken on."""
