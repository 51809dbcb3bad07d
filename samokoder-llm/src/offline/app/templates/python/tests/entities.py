"""Tests of each kind of records."""
