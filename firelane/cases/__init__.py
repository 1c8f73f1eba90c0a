"""Violation cases (消防车通道违规案件): from detection to closing, every step an event that stays."""
