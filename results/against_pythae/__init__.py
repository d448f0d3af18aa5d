"""Models of pythae and ours, of the same networks on the same images."""
