"""Models fed by adaptive tokens: encoder, heads, decoders and peers."""
