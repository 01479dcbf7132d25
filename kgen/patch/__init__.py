"""What changes a manifest after it was made: kgen's merge into objects of the input, and the user's JSON patches."""
