# The figures, each from tables alone, which the index of the study names: PDF, PNG, caption, record.
#
#   plot_<figure>   the tables that it is drawn from   ->  figures/<figure>.*


use rule job from depth as plot_cliff with:
    input:
        **code("workflow/scripts/depth/plot_cliff.py"),
        **tables_of("depth", "cliff"),
    output:
        **drawing_of("depth", "cliff"),
    pathvars:
        job="plot_cliff",
    resources:
        **DRAWING,
    params:
        options=options("depth.cliff.composition"),


use rule job from depth as plot_inner with:
    input:
        **code("workflow/scripts/depth/plot_inner.py"),
        **tables_of("depth", "inner"),
    output:
        **drawing_of("depth", "inner"),
    pathvars:
        job="plot_inner",
    resources:
        **DRAWING,


use rule job from depth as plot_pieces with:
    input:
        **code("workflow/scripts/depth/plot_pieces.py"),
        **tables_of("depth", "pieces"),
    output:
        **drawing_of("depth", "pieces"),
    pathvars:
        job="plot_pieces",
    resources:
        **DRAWING,
