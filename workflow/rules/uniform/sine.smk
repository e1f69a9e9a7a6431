# A small experiment of its own: one smooth function, learned by one deep network.
#
#   draw_sine_samples   config     ->  samples/sine/d1_m<samples>.parquet
#   measure_sine        students   ->  errors/sine/<cell>.parquet, tables/sine.parquet
#
# In between train_students does what it does for every family.

SINE_CELL = sine_cell(UNIFORM["sine"])
SINE_ERRORS = f"<results>/errors/{SINE_CELL.name}.parquet"


use rule job from uniform as draw_sine_samples with:
    input:
        **code("workflow/scripts/uniform/draw_sine_samples.py"),
    output:
        sample="<results>/samples/sine/d1_m{samples}.parquet",
        record="<results>/samples/sine/d1_m{samples}.prov.json",
    pathvars:
        job="draw_samples/sine/d1_m{samples}",
    priority: BEFORE_TRAINING
    params:
        options=options("uniform.sine.seeds"),


use rule job from uniform as measure_sine with:
    input:
        **code("workflow/scripts/uniform/measure_sine.py"),
        students=of_shards("students", "safetensors", [SINE_CELL]),
    output:
        errors=SINE_ERRORS,
        profile="<results>/tables/sine.parquet",
        record=["<results>/tables/sine.prov.json", SINE_ERRORS.replace(".parquet", ".prov.json")],
    pathvars:
        job="measure_sine",
    resources:
        mem_mb=growing(2000),
        runtime=minutes("measure_sine"),
    params:
        options=options("uniform.evaluation.points"),
