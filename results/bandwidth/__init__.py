"""SVGD with the bandwidth of Liu and Wang (2016)."""
