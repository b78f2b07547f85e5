"""Statistics that point at no child: exact inside the school, with noise drawn once when they leave it.

    period     which time is counted        codebook   the fixed lists that every school counts by
    tabulate   coded rows to exact tables   noise      exact discrete Gaussian, integers only
    release    the document of one period   envelope   signed, so that it stays what the school sent
    csv_out    the same numbers, for a spreadsheet     internal   the exact tables, for inside

Nothing here knows the store: the desk hands rows of codes in and keeps what comes out.
"""
