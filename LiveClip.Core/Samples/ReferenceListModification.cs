namespace LiveClip.Core.Samples;

/// <summary>One step by which a slice brings a reference picture to the next place of its list (H.264 §7.3.3.1).</summary>
/// <param name="Idc">modification_of_pic_nums_idc: 0 so many pictures back, 1 forward, 2 a long-term picture.</param>
/// <param name="Value">abs_diff_pic_num_minus1, or long_term_pic_num.</param>
public readonly record struct ReferenceListModification(int Idc, uint Value)
{
    public const int Back = 0;
    public const int Forward = 1;
    public const int LongTerm = 2;

    private const uint End = 3;

    /// <summary>A picture's 16 references, and one step for each.</summary>
    private const int Most = 33;

    // ref_pic_list_modification_flag(1) | [{ modification_of_pic_nums_idc ue | value ue } modification_of_pic_nums_idc ue=3]
    internal static IReadOnlyList<ReferenceListModification>? ReadAll(ref BitReader reader, SequenceParameterSet sps)
    {
        if (!reader.ReadFlag("ref_pic_list_modification_flag"))
        {
            return null;
        }

        var steps = new List<ReferenceListModification>();
        while (reader.ReadUe("modification_of_pic_nums_idc", End) is not End and var idc)
        {
            if (steps.Count == Most)
            {
                throw reader.Fault("modification_of_pic_nums_idc", $"more than {Most} in a list");
            }

            steps.Add(new((int)idc, idc == LongTerm
                ? reader.ReadUe("long_term_pic_num", 31)
                : reader.ReadUe("abs_diff_pic_num_minus1", (1u << sps.FrameNumBits) - 1)));
        }

        return steps;
    }

    internal static void WriteAll(BitWriter writer, IReadOnlyList<ReferenceListModification>? steps)
    {
        writer.WriteFlag(steps is not null);
        if (steps is null)
        {
            return;
        }

        foreach (var step in steps)
        {
            writer.WriteUe(step.Idc);
            writer.WriteUe(step.Value);
        }

        writer.WriteUe(End);
    }
}
