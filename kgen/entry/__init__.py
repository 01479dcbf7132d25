"""The hosts: each turns its protocol into kgen's arguments, and a bundle into its protocol; only they write."""
