"""What to remove, move, lift or widen so that a lane or building passes (Article 14, 净宽净高)."""
