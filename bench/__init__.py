"""Benchmarks: how exact and how fast rtcheck is, each written to a page by one command."""
