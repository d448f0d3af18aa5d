"""Number of bridges, encoder objectives, kernel bandwidth of SVGD, and probes (Figure 5)."""
