"""Countersign: agents propose, evidence proves, people countersign."""

__version__ = "0.1.0"
