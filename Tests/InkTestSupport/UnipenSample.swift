extension DocumentSamples {
    /// Unipen with three pieces of ink: three strokes, a pause, segments on two levels.
    public static let unipen = """
        .VERSION 1.0
        .DATA_SOURCE att
        .DATA_ID anj
        .COMMENT anything
        more of it
        .WRITER_ID Bill
        .X_DIM 2176
        .COORD X Y T P
        .POINTS_PER_SECOND 200
        .HIERARCHY PAGE WORD CHARACTER
        .PEN_DOWN
         10 100 0 5
         11 101 5 10
        .PEN_UP
        .DT 100
        .PEN_DOWN 20 90 200 10 21 91 205 10
        .PEN_UP
        .PEN_DOWN
        \t30\t80\t300\t2.5
        .SEGMENT PAGE 0-2 ?
        .SEGMENT CHARACTER 0 OK "a"
        .SEGMENT WORD 0:1-1:0,2 OK "so \\"it\\" is"
        """
}
