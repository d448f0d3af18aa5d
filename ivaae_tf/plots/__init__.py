"""Figures and tables as files: charts, heat maps, grids of images, CSV."""
