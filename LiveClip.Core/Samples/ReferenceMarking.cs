namespace LiveClip.Core.Samples;

/// <summary>One command by which a picture says which reference pictures are no longer needed, or for long (H.264 §7.3.3.3).</summary>
/// <param name="Operation">memory_management_control_operation.</param>
/// <param name="Value">The first value that follows it; 0 when none does.</param>
/// <param name="LongTermIndex">The second one, of <see cref="ToLongTerm"/> only.</param>
public readonly record struct ReferenceMarking(int Operation, uint Value, uint LongTermIndex = 0)
{
    /// <summary>difference_of_pic_nums_minus1: a picture so far back is no longer used.</summary>
    public const int Unused = 1;

    /// <summary>long_term_pic_num: it is no longer used.</summary>
    public const int LongTermUnused = 2;

    /// <summary>difference_of_pic_nums_minus1 and long_term_frame_idx: a picture so far back is kept for long.</summary>
    public const int ToLongTerm = 3;

    /// <summary>max_long_term_frame_idx_plus1.</summary>
    public const int LongTermLimit = 4;

    /// <summary>No picture is used any more, and all counts begin anew.</summary>
    public const int AllUnused = 5;

    /// <summary>long_term_frame_idx: this picture is kept for long.</summary>
    public const int ThisToLongTerm = 6;

    /// <summary>Two for each of 32 fields, and a few that concern no picture.</summary>
    private const int Most = 70;

    // adaptive_ref_pic_marking_mode_flag(1) | [{ memory_management_control_operation ue | values ue } 0 ue]
    internal static IReadOnlyList<ReferenceMarking>? ReadAll(ref BitReader reader, SequenceParameterSet sps)
    {
        if (!reader.ReadFlag("adaptive_ref_pic_marking_mode_flag"))
        {
            return null;
        }

        var commands = new List<ReferenceMarking>();
        while (reader.ReadUe("memory_management_control_operation", 6) is not 0 and var operation)
        {
            if (commands.Count == Most)
            {
                throw reader.Fault("memory_management_control_operation", $"more than {Most} in a picture");
            }

            var value = operation switch
            {
                Unused or ToLongTerm => reader.ReadUe("difference_of_pic_nums_minus1", (1u << sps.FrameNumBits) - 1),
                LongTermUnused => reader.ReadUe("long_term_pic_num", 31),
                LongTermLimit => reader.ReadUe("max_long_term_frame_idx_plus1", 16),
                ThisToLongTerm => reader.ReadUe("long_term_frame_idx", 15),
                _ => 0u,
            };
            commands.Add(new((int)operation, value, operation == ToLongTerm ? reader.ReadUe("long_term_frame_idx", 15) : 0));
        }

        return commands;
    }

    internal static void WriteAll(BitWriter writer, IReadOnlyList<ReferenceMarking>? commands)
    {
        writer.WriteFlag(commands is not null);
        if (commands is null)
        {
            return;
        }

        foreach (var command in commands)
        {
            writer.WriteUe(command.Operation);
            if (command.Operation != AllUnused)
            {
                writer.WriteUe(command.Value);
            }

            if (command.Operation == ToLongTerm)
            {
                writer.WriteUe(command.LongTermIndex);
            }
        }

        writer.WriteUe(0);
    }
}
