namespace LiveClip.Core.Samples;

/// <summary>By how much a slice's reference pictures are brightened (H.264 §7.3.3.2), list by list in their order.</summary>
public sealed record PredictionWeights(
    int LumaDenominatorLog2, int ChromaDenominatorLog2, IReadOnlyList<PredictionWeight> List0, IReadOnlyList<PredictionWeight> List1)
{
    /// <summary>As if there were no weights.</summary>
    public static PredictionWeights Neutral(int count) => new(0, 0, new PredictionWeight[count], []);

    // luma_log2_weight_denom ue | [chroma_log2_weight_denom ue]
    //   | for each picture of each list { luma_weight_flag(1) [weight se | offset se]
    //   | [chroma_weight_flag(1) [2 × (weight se | offset se)]] }
    internal static PredictionWeights Read(ref BitReader reader, SequenceParameterSet sps, int count0, int count1)
    {
        var hasChroma = sps.ChromaFormatIdc != 0;
        return new PredictionWeights(
            (int)reader.ReadUe("luma_log2_weight_denom", 7),
            hasChroma ? (int)reader.ReadUe("chroma_log2_weight_denom", 7) : 0,
            ReadList(ref reader, hasChroma, count0),
            ReadList(ref reader, hasChroma, count1));
    }

    internal void Write(BitWriter writer, SequenceParameterSet sps)
    {
        var hasChroma = sps.ChromaFormatIdc != 0;
        writer.WriteUe(LumaDenominatorLog2);
        if (hasChroma)
        {
            writer.WriteUe(ChromaDenominatorLog2);
        }

        foreach (var weight in List0.Concat(List1))
        {
            weight.Write(writer, hasChroma);
        }
    }

    private static PredictionWeight[] ReadList(ref BitReader reader, bool hasChroma, int count)
    {
        var list = new PredictionWeight[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = PredictionWeight.Read(ref reader, hasChroma);
        }

        return list;
    }
}

/// <summary>Weights of one reference picture; null is the denominator itself and no offset.</summary>
public readonly record struct PredictionWeight(WeightAndOffset? Luma, (WeightAndOffset Cb, WeightAndOffset Cr)? Chroma)
{
    internal static PredictionWeight Read(ref BitReader reader, bool hasChroma) => new(
        reader.ReadFlag("luma_weight_flag") ? WeightAndOffset.Read(ref reader) : null,
        hasChroma && reader.ReadFlag("chroma_weight_flag") ? (WeightAndOffset.Read(ref reader), WeightAndOffset.Read(ref reader)) : null);

    internal void Write(BitWriter writer, bool hasChroma)
    {
        writer.WriteFlag(Luma is not null);
        Luma?.Write(writer);
        if (hasChroma)
        {
            writer.WriteFlag(Chroma is not null);
            Chroma?.Cb.Write(writer);
            Chroma?.Cr.Write(writer);
        }
    }
}

/// <summary>What a sample of a reference picture is multiplied by, and what is added then.</summary>
public readonly record struct WeightAndOffset(int Weight, int Offset)
{
    internal static WeightAndOffset Read(ref BitReader reader) =>
        new(reader.ReadSe("prediction_weight", -128, 127), reader.ReadSe("prediction_offset", -128, 127));

    internal void Write(BitWriter writer)
    {
        writer.WriteSe(Weight);
        writer.WriteSe(Offset);
    }
}
