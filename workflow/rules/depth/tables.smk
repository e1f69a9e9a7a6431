# The tables from which figures are drawn, and what summary and document are told.
#
#   tabulate_depth          config                               ->  sawtooth/known, tables/widths, …
#   collect_depth           sawtooth, profiles, inner            ->  tables/sawtooth, profiles, inner
#   count_pieces            networks of uniform for d = 1, …     ->  tables/pieces
#   tabulate_depth_claims   all tables                           ->  tables/claims, ledger
#   describe_depth          sawtooth, …, claims                  ->  summary.md, findings.json


use rule job from depth as tabulate_depth with:
    input:
        **code("workflow/scripts/depth/tabulate_depth.py"),
    output:
        known="<results>/sawtooth/known.parquet",
        widths="<results>/tables/widths.parquet",
        square="<results>/tables/square.parquet",
        bounds="<results>/tables/bounds.parquet",
        record=[
            "<results>/sawtooth/known.prov.json",
            *expand("<results>/tables/{table}.prov.json", table=["widths", "square", "bounds"]),
        ],
    pathvars:
        job="tabulate_depth",
    params:
        options=options("depth.compositions", "depth.cliff.composition"),


use rule job from depth as collect_depth with:
    input:
        **code("workflow/scripts/depth/collect_depth.py"),
        of_sawtooth=[
            *expand("<results>/sawtooth/k{k}.parquet", k=targets(DEPTH)),
            "<results>/sawtooth/known.parquet",
        ],
        of_profiles=expand("<results>/profiles/k{k}.parquet", k=targets(DEPTH)),
        of_inner=expand("<results>/inner/d{dim}.parquet", dim=sorted(DEPTH["inner"]["dims"])),
    output:
        sawtooth="<results>/tables/sawtooth.parquet",
        profiles="<results>/tables/profiles.parquet",
        inner="<results>/tables/inner.parquet",
        record=expand(
            "<results>/tables/{table}.prov.json",
            table=["sawtooth", "profiles", "inner"],
        ),
    pathvars:
        job="collect_depth",


use rule job from depth as count_pieces with:
    input:
        **code("workflow/scripts/depth/count_pieces.py"),
        **uniform_networks_on_a_line(),
        sawtooth="<results>/tables/sawtooth.parquet",
    output:
        pieces="<results>/tables/pieces.parquet",
        record="<results>/tables/pieces.prov.json",
    pathvars:
        job="count_pieces",
    resources:
        mem_mb=growing(3000),
        runtime=growing(20),
    params:
        options=options("depth.pieces.depths", "depth.pieces.width", "depth.pieces.count"),


use rule job from depth as tabulate_depth_claims with:
    input:
        **code("workflow/scripts/depth/tabulate_depth_claims.py"),
        sawtooth="<results>/tables/sawtooth.parquet",
        inner="<results>/tables/inner.parquet",
        square="<results>/tables/square.parquet",
        bounds="<results>/tables/bounds.parquet",
        pieces="<results>/tables/pieces.parquet",
    output:
        claims="<results>/tables/claims.parquet",
        ledger="<results>/tables/ledger.parquet",
        record=["<results>/tables/claims.prov.json", "<results>/tables/ledger.prov.json"],
    pathvars:
        job="tabulate_depth_claims",
    params:
        options=options("depth.shallow_width", "depth.cliff.composition"),


use rule job from depth as describe_depth with:
    input:
        **code("workflow/scripts/depth/describe_depth.py"),
        sawtooth="<results>/tables/sawtooth.parquet",
        inner="<results>/tables/inner.parquet",
        widths="<results>/tables/widths.parquet",
        bounds="<results>/tables/bounds.parquet",
        pieces="<results>/tables/pieces.parquet",
        claims="<results>/tables/claims.parquet",
    output:
        summary="<results>/summary.md",
        findings="<results>/findings.json",
        record=["<results>/summary.prov.json", "<results>/findings.prov.json"],
    pathvars:
        job="describe_depth",
    params:
        options=options("depth.cliff.composition"),
