namespace LiveClip.Core.Samples;

/// <summary>How the macroblocks of a slice may be predicted (H.264 Table 7-6).</summary>
public enum SliceType
{
    /// <summary>From one picture.</summary>
    P = 0,

    /// <summary>From two.</summary>
    B = 1,

    /// <summary>From none.</summary>
    I = 2,
}

/// <summary>
/// What comes before the coded macroblocks of a slice (H.264 §7.3.3): the smart cut's joint. Read and written without loss, so that
/// other numbers can be put before slice data that stays as it is. Frames only, of one colour plane.
/// </summary>
public sealed record SliceHeader
{
    /// <summary>More than any header has: two lists of 16 references, weighted and reordered, and as many markings.</summary>
    private const int MostBytes = 4096;

    /// <summary><see cref="NalUnitType.IdrSlice"/> or <see cref="NalUnitType.NonIdrSlice"/>.</summary>
    public NalUnitType UnitType { get; init; }

    /// <summary>0 when no other picture refers to this one.</summary>
    public int RefIdc { get; init; }

    public int FirstMacroblock { get; init; }

    /// <summary>slice_type as it is coded: 5 more than <see cref="Type"/> where all slices of the picture are of it.</summary>
    public int TypeCode { get; init; }

    public int PictureParameterSetId { get; init; }

    public int FrameNum { get; init; }

    /// <summary>Of an IDR picture: another one than that of an IDR picture right before or behind it.</summary>
    public int IdrPicId { get; init; }

    /// <summary>pic_order_cnt_lsb, of pic_order_cnt_type 0.</summary>
    public int PicOrderCntLsb { get; init; }

    /// <inheritdoc cref="PicOrderCntLsb"/>
    public int DeltaPicOrderCntBottom { get; init; }

    /// <summary>delta_pic_order_cnt, of pic_order_cnt_type 1.</summary>
    public (int First, int Second) DeltaPicOrderCnt { get; init; }

    public int RedundantPicCnt { get; init; }

    public bool HasSpatialDirectPrediction { get; init; }

    /// <summary>num_ref_idx_active_override_flag: <see cref="ReferenceCount0"/> is in the header.</summary>
    public bool OverridesReferenceCounts { get; init; }

    /// <summary>How many pictures of list 0 it may refer to.</summary>
    public int ReferenceCount0 { get; init; }

    /// <inheritdoc cref="ReferenceCount0"/>
    public int ReferenceCount1 { get; init; }

    /// <summary>Null where the lists are as they are by default.</summary>
    public IReadOnlyList<ReferenceListModification>? Modifications0 { get; init; }

    /// <inheritdoc cref="Modifications0"/>
    public IReadOnlyList<ReferenceListModification>? Modifications1 { get; init; }

    public PredictionWeights? Weights { get; init; }

    /// <summary>no_output_of_prior_pics_flag, of an IDR picture.</summary>
    public bool NoOutputOfPriorPictures { get; init; }

    /// <summary>long_term_reference_flag, of an IDR picture.</summary>
    public bool IsLongTermReference { get; init; }

    /// <summary>Null where the oldest reference picture gives way to this one.</summary>
    public IReadOnlyList<ReferenceMarking>? Markings { get; init; }

    public int CabacInitIdc { get; init; }

    public int QpDelta { get; init; }

    /// <summary>0 on, 1 off, 2 not across slices.</summary>
    public int DisableDeblockingFilterIdc { get; init; }

    /// <summary>slice_alpha_c0_offset_div2 and slice_beta_offset_div2.</summary>
    public (int AlphaC0, int Beta) DeblockingOffsets { get; init; }

    /// <summary>Where slice data begins: in bits, from the unit's header byte on, emulation prevention bytes taken out.</summary>
    public long DataPosition { get; private init; }

    public bool IsIdr => UnitType == NalUnitType.IdrSlice;

    public SliceType Type => (SliceType)(TypeCode % 5);

    /// <param name="nalUnit">From its header byte on, emulation prevention bytes included.</param>
    /// <param name="configuration">Has the parameter sets that it names.</param>
    /// <exception cref="SampleFormatException">
    /// It is no slice of a frame, names parameter sets that are not there, ends too early, or has a value out of range.
    /// </exception>
    public static SliceHeader Parse(ReadOnlySpan<byte> nalUnit, AvcConfiguration configuration)
    {
        var reader = Begin(nalUnit);
        ReadBeginning(ref reader, out _, out _, out var id);
        return Parse(nalUnit, configuration.ParameterSetsNamed(id));
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, AvcConfiguration)"/>
    public static SliceHeader Parse(ReadOnlySpan<byte> nalUnit, ParameterSets sets)
    {
        var (sps, pps) = sets;
        var reader = Begin(nalUnit);
        var unit = ReadBeginning(ref reader, out var firstMacroblock, out var typeCode, out var ppsId);
        if (ppsId != pps.Id)
        {
            throw reader.Fault("pic_parameter_set_id", $"is {ppsId}, not {pps.Id}");
        }

        if (!sps.FrameMbsOnly)
        {
            throw reader.Fault("frame_mbs_only_flag", "is 0: interlaced pictures are not taken apart");
        }

        if (sps.SeparateColourPlanes)
        {
            throw reader.Fault("separate_colour_plane_flag", "is 1: single colour planes are not taken apart");
        }

        if (firstMacroblock >= sps.CodedWidth / 16 * (sps.CodedHeight / 16))
        {
            throw reader.Fault("first_mb_in_slice", $"is {firstMacroblock}, behind the picture's last");
        }

        var header = new SliceHeader
        {
            UnitType = (NalUnitType)(unit & 0x1F),
            RefIdc = (int)(unit >> 5 & 3),
            FirstMacroblock = firstMacroblock,
            TypeCode = typeCode,
            PictureParameterSetId = ppsId,
        };
        if (header.IsIdr && (header.RefIdc == 0 || header.Type != SliceType.I))
        {
            throw reader.Fault("slice_type", $"{typeCode} with nal_ref_idc {header.RefIdc} cannot be in an IDR picture");
        }

        header = header.ReadNumbers(ref reader, sps, pps);
        header = header.ReadReferences(ref reader, sps, pps);
        header = header.ReadMarkings(ref reader, sps);
        header = header.ReadQuantizer(ref reader, sps, pps);

        // §7.3.4: CABAC begins on a whole byte.
        var position = pps.IsCabac ? (reader.Position + 7) & ~7L : reader.Position;
        return reader.Remaining > position - reader.Position
            ? header with { DataPosition = position }
            : throw reader.Fault("slice_data", "is missing");
    }

    /// <summary>The slice with this header in the place of its own, and its data untouched.</summary>
    /// <param name="nalUnit">The one whose header this is, changed by <c>with</c>.</param>
    /// <param name="sets">What the header is written for; they code slice data in the same way.</param>
    public byte[] Rewrite(ReadOnlySpan<byte> nalUnit, ParameterSets sets)
    {
        var payload = NalUnit.Unescape(nalUnit);
        var writer = new BitWriter(payload.Length + 64);
        Write(writer, sets);
        if (sets.Pps.IsCabac)
        {
            writer.Align(withOnes: true);
            writer.Copy(payload, DataPosition, payload.Length * 8L);
        }
        else
        {
            writer.Copy(payload, DataPosition, new BitReader(payload).FindStopBit() + 1);
        }

        return NalUnit.Escape(writer.ToArray());
    }

    private static BitReader Begin(ReadOnlySpan<byte> nalUnit) => new(NalUnit.Unescape(nalUnit[..Math.Min(nalUnit.Length, MostBytes)]));

    // forbidden_zero_bit(1) | nal_ref_idc(2) | nal_unit_type(5) | first_mb_in_slice ue | slice_type ue | pic_parameter_set_id ue
    private static uint ReadBeginning(ref BitReader reader, out int firstMacroblock, out int typeCode, out int ppsId)
    {
        var unit = reader.ReadBits(8, "nal_unit_type");
        if ((NalUnitType)(unit & 0x1F) is not (NalUnitType.NonIdrSlice or NalUnitType.IdrSlice))
        {
            throw reader.Fault("nal_unit_type", $"is {unit & 0x1F}, no slice");
        }

        firstMacroblock = (int)reader.ReadUe("first_mb_in_slice", int.MaxValue);
        typeCode = (int)reader.ReadUe("slice_type", 9);
        if (typeCode % 5 > (int)SliceType.I)
        {
            throw reader.Fault("slice_type", $"is {typeCode}, which only the Extended profile has");
        }

        ppsId = (int)reader.ReadUe("pic_parameter_set_id", 255);
        return unit;
    }

    // frame_num(v) | [idr_pic_id ue] | [pic_order_cnt_lsb(v) [delta_pic_order_cnt_bottom se]]
    //   | [delta_pic_order_cnt[0] se [delta_pic_order_cnt[1] se]] | [redundant_pic_cnt ue]
    private SliceHeader ReadNumbers(ref BitReader reader, SequenceParameterSet sps, PictureParameterSet pps)
    {
        var header = this with
        {
            FrameNum = (int)reader.ReadBits(sps.FrameNumBits, "frame_num"),
            IdrPicId = IsIdr ? (int)reader.ReadUe("idr_pic_id", 65_535) : 0,
            PicOrderCntLsb = (int)reader.ReadBits(sps.PicOrderCntLsbBits, "pic_order_cnt_lsb"),
        };
        if (sps.PicOrderCntType == 0 && pps.HasBottomFieldPicOrder)
        {
            header = header with { DeltaPicOrderCntBottom = reader.ReadSe("delta_pic_order_cnt_bottom") };
        }

        if (HasDeltaPicOrderCnt(sps))
        {
            header = header with
            {
                DeltaPicOrderCnt = (reader.ReadSe("delta_pic_order_cnt[0]"),
                    pps.HasBottomFieldPicOrder ? reader.ReadSe("delta_pic_order_cnt[1]") : 0),
            };
        }

        return pps.HasRedundantPicCnt ? header with { RedundantPicCnt = (int)reader.ReadUe("redundant_pic_cnt", 127) } : header;
    }

    // [direct_spatial_mv_pred_flag(1)]
    //   | [num_ref_idx_active_override_flag(1) [num_ref_idx_l0_active_minus1 ue [num_ref_idx_l1_active_minus1 ue]]]
    //   | [ref_pic_list_modification of list 0 [of list 1]] | [pred_weight_table]
    private SliceHeader ReadReferences(ref BitReader reader, SequenceParameterSet sps, PictureParameterSet pps)
    {
        const uint MostReferences = 15; // of a frame
        if (Type == SliceType.I)
        {
            return this;
        }

        var isB = Type == SliceType.B;
        var header = this with
        {
            HasSpatialDirectPrediction = isB && reader.ReadFlag("direct_spatial_mv_pred_flag"),
            OverridesReferenceCounts = reader.ReadFlag("num_ref_idx_active_override_flag"),
        };
        header = header.OverridesReferenceCounts
            ? header with
            {
                ReferenceCount0 = 1 + (int)reader.ReadUe("num_ref_idx_l0_active_minus1", MostReferences),
                ReferenceCount1 = isB ? 1 + (int)reader.ReadUe("num_ref_idx_l1_active_minus1", MostReferences) : 0,
            }
            : header with { ReferenceCount0 = pps.ReferenceCounts.List0, ReferenceCount1 = isB ? pps.ReferenceCounts.List1 : 0 };
        header = header with
        {
            Modifications0 = ReferenceListModification.ReadAll(ref reader, sps),
            Modifications1 = isB ? ReferenceListModification.ReadAll(ref reader, sps) : null,
        };
        return HasWeights(pps)
            ? header with { Weights = PredictionWeights.Read(ref reader, sps, header.ReferenceCount0, header.ReferenceCount1) }
            : header;
    }

    // [no_output_of_prior_pics_flag(1) | long_term_reference_flag(1)], or what ReferenceMarking reads
    private SliceHeader ReadMarkings(ref BitReader reader, SequenceParameterSet sps)
    {
        if (IsIdr)
        {
            return this with
            {
                NoOutputOfPriorPictures = reader.ReadFlag("no_output_of_prior_pics_flag"),
                IsLongTermReference = reader.ReadFlag("long_term_reference_flag"),
            };
        }

        return RefIdc == 0 ? this : this with { Markings = ReferenceMarking.ReadAll(ref reader, sps) };
    }

    // [cabac_init_idc ue] | slice_qp_delta se
    //   | [disable_deblocking_filter_idc ue [slice_alpha_c0_offset_div2 se | slice_beta_offset_div2 se]]
    private SliceHeader ReadQuantizer(ref BitReader reader, SequenceParameterSet sps, PictureParameterSet pps)
    {
        var header = this with
        {
            CabacInitIdc = HasCabacInit(pps) ? (int)reader.ReadUe("cabac_init_idc", 2) : 0,
            QpDelta = reader.ReadSe("slice_qp_delta", -6 * (sps.BitDepthLuma - 8) - pps.InitialQp, 51 - pps.InitialQp),
        };
        if (!pps.HasDeblockingControl)
        {
            return header;
        }

        header = header with { DisableDeblockingFilterIdc = (int)reader.ReadUe("disable_deblocking_filter_idc", 2) };
        return header.DisableDeblockingFilterIdc == 1
            ? header
            : header with
            {
                DeblockingOffsets = (reader.ReadSe("slice_alpha_c0_offset_div2", -6, 6), reader.ReadSe("slice_beta_offset_div2", -6, 6)),
            };
    }

    private void Write(BitWriter writer, ParameterSets sets)
    {
        var (sps, pps) = sets;
        writer.WriteBits((uint)(RefIdc << 5) | (uint)UnitType, 8);
        writer.WriteUe(FirstMacroblock);
        writer.WriteUe(TypeCode);
        writer.WriteUe(PictureParameterSetId);
        WriteNumbers(writer, sps, pps);
        if (Type != SliceType.I)
        {
            WriteReferences(writer, sps, pps);
        }

        if (IsIdr)
        {
            writer.WriteFlag(NoOutputOfPriorPictures);
            writer.WriteFlag(IsLongTermReference);
        }
        else if (RefIdc != 0)
        {
            ReferenceMarking.WriteAll(writer, Markings);
        }

        WriteQuantizer(writer, pps);
    }

    private void WriteNumbers(BitWriter writer, SequenceParameterSet sps, PictureParameterSet pps)
    {
        writer.WriteBits((uint)FrameNum, sps.FrameNumBits);
        if (IsIdr)
        {
            writer.WriteUe(IdrPicId);
        }

        writer.WriteBits((uint)PicOrderCntLsb, sps.PicOrderCntLsbBits);
        if (sps.PicOrderCntType == 0 && pps.HasBottomFieldPicOrder)
        {
            writer.WriteSe(DeltaPicOrderCntBottom);
        }

        if (HasDeltaPicOrderCnt(sps))
        {
            writer.WriteSe(DeltaPicOrderCnt.First);
            if (pps.HasBottomFieldPicOrder)
            {
                writer.WriteSe(DeltaPicOrderCnt.Second);
            }
        }

        if (pps.HasRedundantPicCnt)
        {
            writer.WriteUe(RedundantPicCnt);
        }
    }

    private void WriteReferences(BitWriter writer, SequenceParameterSet sps, PictureParameterSet pps)
    {
        var isB = Type == SliceType.B;
        if (isB)
        {
            writer.WriteFlag(HasSpatialDirectPrediction);
        }

        writer.WriteFlag(OverridesReferenceCounts);
        if (OverridesReferenceCounts)
        {
            writer.WriteUe(ReferenceCount0 - 1);
            if (isB)
            {
                writer.WriteUe(ReferenceCount1 - 1);
            }
        }

        ReferenceListModification.WriteAll(writer, Modifications0);
        if (isB)
        {
            ReferenceListModification.WriteAll(writer, Modifications1);
        }

        if (HasWeights(pps))
        {
            (Weights ?? throw new InvalidOperationException("The parameter set asks for weights")).Write(writer, sps);
        }
    }

    private void WriteQuantizer(BitWriter writer, PictureParameterSet pps)
    {
        if (HasCabacInit(pps))
        {
            writer.WriteUe(CabacInitIdc);
        }

        writer.WriteSe(QpDelta);
        if (!pps.HasDeblockingControl)
        {
            return;
        }

        writer.WriteUe(DisableDeblockingFilterIdc);
        if (DisableDeblockingFilterIdc != 1)
        {
            writer.WriteSe(DeblockingOffsets.AlphaC0);
            writer.WriteSe(DeblockingOffsets.Beta);
        }
    }

    private static bool HasDeltaPicOrderCnt(SequenceParameterSet sps) => sps.PicOrderCntType == 1 && !sps.DeltaPicOrderAlwaysZero;

    private bool HasWeights(PictureParameterSet pps) =>
        Type == SliceType.B ? pps.WeightedBipredictionIdc == 1 : Type == SliceType.P && pps.HasWeightedPrediction;

    private bool HasCabacInit(PictureParameterSet pps) => pps.IsCabac && Type != SliceType.I;
}
