namespace LiveClip.Core.Samples;

/// <summary>What holds for every picture of an H.264 stream (§7.3.2.1.1): size, frame rate, how far pictures are reordered.</summary>
public sealed record SequenceParameterSet
{
    /// <summary>8K: no side is longer, no picture has more macroblocks than 8192×4320 (coded height rounded up to pairs of rows).</summary>
    private const uint MaxSideInMbs = 8192 / 16;
    private const uint MaxPictureInMbs = MaxSideInMbs * (4352 / 16);

    public int ProfileIdc { get; private init; }

    /// <summary>constraint_set0_flag is the highest of the 8 bits.</summary>
    public byte ConstraintFlags { get; private init; }

    /// <summary>Ten times the level: 31 is level 3.1.</summary>
    public int LevelIdc { get; private init; }

    public int Id { get; private init; }

    /// <summary>0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.</summary>
    public int ChromaFormatIdc { get; private init; } = 1;

    public bool SeparateColourPlanes { get; private init; }

    public int BitDepthLuma { get; private init; } = 8;

    public int BitDepthChroma { get; private init; } = 8;

    public bool HasScalingMatrix { get; private init; }

    /// <summary>Macroblocks of quantizer 0 are coded without loss (qpprime_y_zero_transform_bypass_flag).</summary>
    public bool HasLosslessMode { get; private init; }

    /// <summary>Bits of frame_num in a slice header.</summary>
    public int FrameNumBits { get; private init; }

    /// <summary>pic_order_cnt_type: 0 told in each slice, 1 by a cycle of offsets, 2 the decode order.</summary>
    public int PicOrderCntType { get; private init; }

    /// <summary>Bits of pic_order_cnt_lsb in a slice header; 0 unless <see cref="PicOrderCntType"/> is 0.</summary>
    public int PicOrderCntLsbBits { get; private init; }

    public bool DeltaPicOrderAlwaysZero { get; private init; }

    public int MaxNumRefFrames { get; private init; }

    /// <summary>False when pictures may be fields.</summary>
    public bool FrameMbsOnly { get; private init; }

    /// <summary>Before cropping, in luma samples: a multiple of 16.</summary>
    public int CodedWidth { get; private init; }

    /// <inheritdoc cref="CodedWidth"/>
    public int CodedHeight { get; private init; }

    /// <summary>After cropping, in luma samples.</summary>
    public int Width { get; private init; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; private init; }

    /// <summary>Luma samples cut off at the left and at the top.</summary>
    public (int Left, int Top) CropOrigin { get; private init; }

    /// <summary>Width to height of one luma sample; 1:1 when not told.</summary>
    public (int Width, int Height) SampleAspectRatio { get; private init; } = (1, 1);

    /// <summary>Null when the stream does not tell.</summary>
    public VideoSignal? Signal { get; private init; }

    /// <inheritdoc cref="Signal"/>
    public FrameRate? FrameRate { get; private init; }

    /// <summary>How many pictures at most come before another when decoded and after it when shown; the worst case when not told.</summary>
    public int ReorderDepth { get; private init; }

    /// <param name="nalUnit">From its header byte on, emulation prevention bytes included.</param>
    /// <exception cref="SampleFormatException">It is no SPS, ends too early, or has a value out of range.</exception>
    public static SequenceParameterSet Parse(ReadOnlySpan<byte> nalUnit)
    {
        var reader = new BitReader(NalUnit.Unescape(nalUnit));
        if ((reader.ReadBits(8, "nal_unit_type") & 0x1F) != (uint)NalUnitType.SequenceParameterSet)
        {
            throw reader.Fault("nal_unit_type", "is not 7");
        }

        var sps = new SequenceParameterSet
        {
            ProfileIdc = (int)reader.ReadBits(8, "profile_idc"),
            ConstraintFlags = (byte)reader.ReadBits(8, "constraint_set_flags"),
            LevelIdc = (int)reader.ReadBits(8, "level_idc"),
            Id = (int)reader.ReadUe("seq_parameter_set_id", 31),
        };
        sps = sps.ReadChroma(ref reader);
        sps = sps with { FrameNumBits = 4 + (int)reader.ReadUe("log2_max_frame_num_minus4", 12) };
        sps = sps.ReadPictureOrder(ref reader);
        sps = sps.ReadPictureSize(ref reader);
        var restriction = -1;
        if (reader.ReadFlag("vui_parameters_present_flag"))
        {
            sps = sps.ReadUsability(ref reader, out restriction);
        }

        return sps with { ReorderDepth = restriction >= 0 ? restriction : sps.InferReorderDepth() };
    }

    // The profiles with more than 4:2:0 in 8 bits:  chroma_format_idc ue | [separate_colour_plane_flag(1)] | bit_depth_luma_minus8 ue
    //   | bit_depth_chroma_minus8 ue | qpprime_y_zero_transform_bypass_flag(1) | seq_scaling_matrix_present_flag(1) [scaling lists]
    private SequenceParameterSet ReadChroma(ref BitReader reader)
    {
        if (ProfileIdc is not (100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135))
        {
            return this;
        }

        var chromaFormat = (int)reader.ReadUe("chroma_format_idc", 3);
        var sps = this with
        {
            ChromaFormatIdc = chromaFormat,
            SeparateColourPlanes = chromaFormat == 3 && reader.ReadFlag("separate_colour_plane_flag"),
            BitDepthLuma = 8 + (int)reader.ReadUe("bit_depth_luma_minus8", 6),
            BitDepthChroma = 8 + (int)reader.ReadUe("bit_depth_chroma_minus8", 6),
        };
        sps = sps with { HasLosslessMode = reader.ReadFlag("qpprime_y_zero_transform_bypass_flag") };
        if (!reader.ReadFlag("seq_scaling_matrix_present_flag"))
        {
            return sps;
        }

        for (var list = 0; list < (chromaFormat == 3 ? 12 : 8); list++)
        {
            if (reader.ReadFlag("seq_scaling_list_present_flag"))
            {
                SkipScalingList(ref reader, list < 6 ? 16 : 64);
            }
        }

        return sps with { HasScalingMatrix = true };
    }

    // §7.3.2.1.1.1: deltas until the next scale is 0, which stands for the rest.
    internal static void SkipScalingList(ref BitReader reader, int size)
    {
        var scale = 8;
        for (var i = 0; i < size && scale != 0; i++)
        {
            scale = (int)((scale + (long)reader.ReadSe("delta_scale")) & 0xFF);
        }
    }

    private SequenceParameterSet ReadPictureOrder(ref BitReader reader)
    {
        var type = (int)reader.ReadUe("pic_order_cnt_type", 2);
        if (type == 0)
        {
            return this with { PicOrderCntLsbBits = 4 + (int)reader.ReadUe("log2_max_pic_order_cnt_lsb_minus4", 12) };
        }

        if (type == 2)
        {
            return this with { PicOrderCntType = 2 };
        }

        var alwaysZero = reader.ReadFlag("delta_pic_order_always_zero_flag");
        reader.ReadSe("offset_for_non_ref_pic");
        reader.ReadSe("offset_for_top_to_bottom_field");
        for (var left = reader.ReadUe("num_ref_frames_in_pic_order_cnt_cycle", 255); left > 0; left--)
        {
            reader.ReadSe("offset_for_ref_frame");
        }

        return this with { PicOrderCntType = 1, DeltaPicOrderAlwaysZero = alwaysZero };
    }

    // max_num_ref_frames ue | gaps_in_frame_num_value_allowed_flag(1) | pic_width_in_mbs_minus1 ue | pic_height_in_map_units_minus1 ue
    //   | frame_mbs_only_flag(1) [mb_adaptive_frame_field_flag(1)] | direct_8x8_inference_flag(1)
    //   | frame_cropping_flag(1) [left ue | right ue | top ue | bottom ue, in crop units]
    private SequenceParameterSet ReadPictureSize(ref BitReader reader)
    {
        var maxNumRefFrames = (int)reader.ReadUe("max_num_ref_frames", 16);
        reader.ReadFlag("gaps_in_frame_num_value_allowed_flag");
        var widthInMbs = reader.ReadUe("pic_width_in_mbs_minus1", MaxSideInMbs - 1) + 1;
        var heightInMapUnits = reader.ReadUe("pic_height_in_map_units_minus1", MaxSideInMbs - 1) + 1;
        var frameMbsOnly = reader.ReadFlag("frame_mbs_only_flag");
        var fields = frameMbsOnly ? 1u : 2u;
        if (widthInMbs * heightInMapUnits * fields > MaxPictureInMbs || heightInMapUnits * fields > MaxSideInMbs)
        {
            var size = $"{widthInMbs * 16}×{heightInMapUnits * fields * 16}";
            throw reader.Fault("pic_height_in_map_units_minus1", $"{size} is more than 8192×4320");
        }

        if (!frameMbsOnly)
        {
            reader.ReadFlag("mb_adaptive_frame_field_flag");
        }

        reader.ReadFlag("direct_8x8_inference_flag");
        var cropped = reader.ReadFlag("frame_cropping_flag");
        var left = cropped ? (long)reader.ReadUe("frame_crop_left_offset") : 0;
        var right = cropped ? (long)reader.ReadUe("frame_crop_right_offset") : 0;
        var top = cropped ? (long)reader.ReadUe("frame_crop_top_offset") : 0;
        var bottom = cropped ? (long)reader.ReadUe("frame_crop_bottom_offset") : 0;

        // Table 6-1: chroma of 4:2:0 and 4:2:2 is half as wide, of 4:2:0 half as high; a crop unit is one chroma sample.
        var subsampled = !SeparateColourPlanes;
        var unitX = subsampled && ChromaFormatIdc is 1 or 2 ? 2 : 1;
        var unitY = (subsampled && ChromaFormatIdc == 1 ? 2 : 1) * (int)fields;
        var (codedWidth, codedHeight) = ((int)widthInMbs * 16, (int)(heightInMapUnits * fields) * 16);
        var width = codedWidth - (left + right) * unitX;
        var height = codedHeight - (top + bottom) * unitY;
        if (width <= 0 || height <= 0)
        {
            throw reader.Fault("frame_crop_offsets", $"leave {width}×{height} of {codedWidth}×{codedHeight}");
        }

        return this with
        {
            MaxNumRefFrames = maxNumRefFrames,
            FrameMbsOnly = frameMbsOnly,
            CodedWidth = codedWidth,
            CodedHeight = codedHeight,
            Width = (int)width,
            Height = (int)height,
            CropOrigin = ((int)(left * unitX), (int)(top * unitY)),
        };
    }

    // §E.1.1 vui_parameters.
    private SequenceParameterSet ReadUsability(ref BitReader reader, out int reorderDepth)
    {
        var sps = this;
        if (reader.ReadFlag("aspect_ratio_info_present_flag"))
        {
            sps = sps with { SampleAspectRatio = ReadSampleAspectRatio(ref reader) };
        }

        if (reader.ReadFlag("overscan_info_present_flag"))
        {
            reader.ReadFlag("overscan_appropriate_flag");
        }

        if (reader.ReadFlag("video_signal_type_present_flag"))
        {
            sps = sps with { Signal = ReadSignal(ref reader) };
        }

        if (reader.ReadFlag("chroma_loc_info_present_flag"))
        {
            reader.ReadUe("chroma_sample_loc_type_top_field", 5);
            reader.ReadUe("chroma_sample_loc_type_bottom_field", 5);
        }

        if (reader.ReadFlag("timing_info_present_flag"))
        {
            var unitsInTick = reader.ReadBits(32, "num_units_in_tick");
            var timeScale = reader.ReadBits(32, "time_scale");
            reader.ReadFlag("fixed_frame_rate_flag");
            sps = sps with { FrameRate = Samples.FrameRate.OfFieldTicks(timeScale, unitsInTick) };
        }

        var nalHrd = reader.ReadFlag("nal_hrd_parameters_present_flag");
        if (nalHrd)
        {
            SkipHypotheticalDecoder(ref reader);
        }

        var vclHrd = reader.ReadFlag("vcl_hrd_parameters_present_flag");
        if (vclHrd)
        {
            SkipHypotheticalDecoder(ref reader);
        }

        if (nalHrd || vclHrd)
        {
            reader.ReadFlag("low_delay_hrd_flag");
        }

        reader.ReadFlag("pic_struct_present_flag");
        reorderDepth = reader.ReadFlag("bitstream_restriction_flag") ? ReadReorderDepth(ref reader) : -1;
        return sps;
    }

    // Table E-1, by aspect_ratio_idc.
    private static (int Width, int Height) ReadSampleAspectRatio(ref BitReader reader)
    {
        const uint ExtendedSar = 255;
        ReadOnlySpan<(int Width, int Height)> known =
        [
            (1, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
            (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
        ];
        var idc = reader.ReadBits(8, "aspect_ratio_idc");
        if (idc == ExtendedSar)
        {
            var (width, height) = ((int)reader.ReadBits(16, "sar_width"), (int)reader.ReadBits(16, "sar_height"));
            return width > 0 && height > 0 ? (width, height) : (1, 1);
        }

        return idc < known.Length ? known[(int)idc] : (1, 1);
    }

    // video_format(3) | video_full_range_flag(1) | colour_description_present_flag(1)
    //   | [colour_primaries(8) | transfer_characteristics(8) | matrix_coefficients(8)]
    private static VideoSignal ReadSignal(ref BitReader reader)
    {
        var signal = new VideoSignal((int)reader.ReadBits(3, "video_format"), reader.ReadFlag("video_full_range_flag"));
        return reader.ReadFlag("colour_description_present_flag")
            ? signal with
            {
                Primaries = (int)reader.ReadBits(8, "colour_primaries"),
                Transfer = (int)reader.ReadBits(8, "transfer_characteristics"),
                Matrix = (int)reader.ReadBits(8, "matrix_coefficients"),
            }
            : signal;
    }

    // §E.1.2:  cpb_cnt_minus1 ue | bit_rate_scale(4) | cpb_size_scale(4) | { bit_rate ue | cpb_size ue | cbr_flag(1) } | 4 lengths(5)
    private static void SkipHypotheticalDecoder(ref BitReader reader)
    {
        var count = reader.ReadUe("cpb_cnt_minus1", 31) + 1;
        reader.ReadBits(8, "bit_rate_scale");
        for (; count > 0; count--)
        {
            reader.ReadUe("bit_rate_value_minus1");
            reader.ReadUe("cpb_size_value_minus1");
            reader.ReadFlag("cbr_flag");
        }

        reader.ReadBits(20, "initial_cpb_removal_delay_length_minus1");
    }

    private static int ReadReorderDepth(ref BitReader reader)
    {
        reader.ReadFlag("motion_vectors_over_pic_boundaries_flag");
        reader.ReadUe("max_bytes_per_pic_denom");
        reader.ReadUe("max_bits_per_mb_denom");
        reader.ReadUe("log2_max_mv_length_horizontal");
        reader.ReadUe("log2_max_mv_length_vertical");
        var depth = (int)reader.ReadUe("max_num_reorder_frames", 16);
        reader.ReadUe("max_dec_frame_buffering", 16);
        return depth;
    }

    // §E.2.1 max_num_reorder_frames, when it is not told: 0 for the intra profiles, else as many as the decoded picture buffer holds.
    private int InferReorderDepth()
    {
        const byte ConstraintSet3 = 0x10;
        var intraOnly = ProfileIdc is 44 or 86 or 100 or 110 or 122 or 244 && (ConstraintFlags & ConstraintSet3) != 0;
        if (intraOnly || PicOrderCntType == 2)
        {
            return 0;
        }

        // Table A-1, MaxDpbMbs by level.
        var maxDpbMbs = LevelIdc switch
        {
            <= 10 => 396,
            11 => 900,
            <= 20 => 2376,
            21 => 4752,
            <= 30 => 8100,
            31 => 18_000,
            32 => 20_480,
            <= 41 => 32_768,
            42 => 34_816,
            50 => 110_400,
            <= 52 => 184_320,
            _ => 696_320,
        };
        return Math.Min(maxDpbMbs / (CodedWidth / 16 * (CodedHeight / 16)), 16);
    }
}

/// <summary>What the samples mean as light (§E.2.1), by the numbers of tables E-2 to E-5; 2 is "unspecified".</summary>
public sealed record VideoSignal(int Format, bool FullRange)
{
    public int Primaries { get; init; } = 2;

    public int Transfer { get; init; } = 2;

    public int Matrix { get; init; } = 2;
}

/// <summary>Pictures per second as a reduced fraction, such as 30000/1001.</summary>
public readonly record struct FrameRate(uint Numerator, uint Denominator)
{
    /// <summary>H.264 §E.2.1 counts ticks of fields, two to a picture; null when a term is 0 or too large.</summary>
    internal static FrameRate? OfFieldTicks(uint timeScale, uint unitsInTick)
    {
        var (ticks, perPicture) = ((ulong)timeScale, 2UL * unitsInTick);
        if (ticks == 0 || perPicture == 0)
        {
            return null;
        }

        var (divisor, remainder) = (ticks, perPicture);
        while (remainder != 0)
        {
            (divisor, remainder) = (remainder, divisor % remainder);
        }

        return perPicture / divisor > uint.MaxValue ? null : new FrameRate((uint)(ticks / divisor), (uint)(perPicture / divisor));
    }
}
