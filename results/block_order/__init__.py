"""The order of the blocks of block-wise IVAAE."""
