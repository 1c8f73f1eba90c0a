"""Programmes and registers: a plan's indicators and tasks, Star Spaces from filing to evaluation (知识产权运营、星创天地)."""
