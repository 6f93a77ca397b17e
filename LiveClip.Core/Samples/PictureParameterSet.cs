namespace LiveClip.Core.Samples;

/// <summary>What pictures that name it have in common (H.264 §7.3.2.2): what is in slice headers, and how slice data is coded.</summary>
public sealed record PictureParameterSet
{
    public int Id { get; private init; }

    public int SequenceParameterSetId { get; private init; }

    /// <summary>entropy_coding_mode_flag; CAVLC when false.</summary>
    public bool IsCabac { get; private init; }

    /// <summary>bottom_field_pic_order_in_frame_present_flag.</summary>
    public bool HasBottomFieldPicOrder { get; private init; }

    /// <summary>How many reference pictures each list has in slices that do not tell.</summary>
    public (int List0, int List1) ReferenceCounts { get; private init; }

    /// <summary>weighted_pred_flag: slices of P pictures have a table of weights.</summary>
    public bool HasWeightedPrediction { get; private init; }

    /// <summary>Of B pictures: 0 no weights, 1 a table in each slice, 2 weights by distance.</summary>
    public int WeightedBipredictionIdc { get; private init; }

    /// <summary>The quantizer that slice_qp_delta counts from.</summary>
    public int InitialQp { get; private init; }

    /// <summary>chroma_qp_index_offset and second_chroma_qp_index_offset.</summary>
    public (int Cb, int Cr) ChromaQpOffsets { get; private init; }

    /// <summary>deblocking_filter_control_present_flag.</summary>
    public bool HasDeblockingControl { get; private init; }

    public bool HasConstrainedIntraPrediction { get; private init; }

    /// <summary>redundant_pic_cnt_present_flag.</summary>
    public bool HasRedundantPicCnt { get; private init; }

    /// <summary>transform_8x8_mode_flag.</summary>
    public bool HasTransform8X8 { get; private init; }

    public bool HasScalingMatrix { get; private init; }

    // nal_unit_header(8) | pic_parameter_set_id ue | seq_parameter_set_id ue | entropy_coding_mode_flag(1)
    //   | bottom_field_pic_order_in_frame_present_flag(1) | num_slice_groups_minus1 ue=0 | num_ref_idx_l0_default_active_minus1 ue
    //   | num_ref_idx_l1_default_active_minus1 ue | weighted_pred_flag(1) | weighted_bipred_idc(2) | pic_init_qp_minus26 se
    //   | pic_init_qs_minus26 se | chroma_qp_index_offset se | deblocking_filter_control_present_flag(1)
    //   | constrained_intra_pred_flag(1) | redundant_pic_cnt_present_flag(1) | [transform_8x8_mode_flag(1)
    //   | pic_scaling_matrix_present_flag(1) [scaling lists] | second_chroma_qp_index_offset se]
    /// <param name="nalUnit">From its header byte on, emulation prevention bytes included.</param>
    /// <param name="sps">The one that it names: <see cref="ReadSequenceParameterSetId"/>.</param>
    /// <exception cref="SampleFormatException">
    /// It is no PPS, names another SPS, has slice groups, ends too early, or has a value out of range.
    /// </exception>
    public static PictureParameterSet Parse(ReadOnlySpan<byte> nalUnit, SequenceParameterSet sps)
    {
        var reader = new BitReader(NalUnit.Unescape(nalUnit));
        var (id, spsId) = ReadIds(ref reader);
        if (spsId != sps.Id)
        {
            throw reader.Fault("seq_parameter_set_id", $"is {spsId}, not {sps.Id}");
        }

        var pps = new PictureParameterSet
        {
            Id = id,
            SequenceParameterSetId = spsId,
            IsCabac = reader.ReadFlag("entropy_coding_mode_flag"),
            HasBottomFieldPicOrder = reader.ReadFlag("bottom_field_pic_order_in_frame_present_flag"),
        };
        // More than one is allowed in the Baseline and Extended profiles only, and no encoder in use writes them.
        reader.ReadUe("num_slice_groups_minus1", 0);
        pps = pps with
        {
            ReferenceCounts = (1 + (int)reader.ReadUe("num_ref_idx_l0_default_active_minus1", 31),
                1 + (int)reader.ReadUe("num_ref_idx_l1_default_active_minus1", 31)),
            HasWeightedPrediction = reader.ReadFlag("weighted_pred_flag"),
            WeightedBipredictionIdc = (int)reader.ReadBits(2, "weighted_bipred_idc"),
            InitialQp = 26 + reader.ReadSe("pic_init_qp_minus26", -26 - 6 * (sps.BitDepthLuma - 8), 25),
        };
        reader.ReadSe("pic_init_qs_minus26", -26, 25);
        var chromaQpOffset = reader.ReadSe("chroma_qp_index_offset", -12, 12);
        pps = pps with
        {
            ChromaQpOffsets = (chromaQpOffset, chromaQpOffset),
            HasDeblockingControl = reader.ReadFlag("deblocking_filter_control_present_flag"),
            HasConstrainedIntraPrediction = reader.ReadFlag("constrained_intra_pred_flag"),
            HasRedundantPicCnt = reader.ReadFlag("redundant_pic_cnt_present_flag"),
        };
        return reader.HasMoreData() ? pps.ReadExtension(ref reader, sps) : pps;
    }

    /// <summary>Which <see cref="SequenceParameterSet"/> it is to be parsed with.</summary>
    public static int ReadSequenceParameterSetId(ReadOnlySpan<byte> nalUnit)
    {
        var reader = new BitReader(NalUnit.Unescape(nalUnit));
        return ReadIds(ref reader).SpsId;
    }

    private static (int Id, int SpsId) ReadIds(ref BitReader reader)
    {
        if ((reader.ReadBits(8, "nal_unit_type") & 0x1F) != (uint)NalUnitType.PictureParameterSet)
        {
            throw reader.Fault("nal_unit_type", "is not 8");
        }

        return ((int)reader.ReadUe("pic_parameter_set_id", 255), (int)reader.ReadUe("seq_parameter_set_id", 31));
    }

    private PictureParameterSet ReadExtension(ref BitReader reader, SequenceParameterSet sps)
    {
        var transform8X8 = reader.ReadFlag("transform_8x8_mode_flag");
        var scalingMatrix = reader.ReadFlag("pic_scaling_matrix_present_flag");
        var lists = !scalingMatrix ? 0 : 6 + (!transform8X8 ? 0 : sps.ChromaFormatIdc == 3 ? 6 : 2);
        for (var list = 0; list < lists; list++)
        {
            if (reader.ReadFlag("pic_scaling_list_present_flag"))
            {
                SequenceParameterSet.SkipScalingList(ref reader, list < 6 ? 16 : 64);
            }
        }

        var crOffset = reader.ReadSe("second_chroma_qp_index_offset", -12, 12);
        reader.FindStopBit();
        return this with
        {
            HasTransform8X8 = transform8X8,
            HasScalingMatrix = scalingMatrix,
            ChromaQpOffsets = (ChromaQpOffsets.Cb, crOffset),
        };
    }
}

/// <summary>A picture parameter set and the sequence parameter set that it names: all that a slice header depends on.</summary>
public sealed record ParameterSets(SequenceParameterSet Sps, PictureParameterSet Pps);
