rule x:
    output:
        "<root>/claims.parquet",
