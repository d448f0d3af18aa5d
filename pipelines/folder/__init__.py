"""A folder of the user's images as records."""
