namespace LiveClip.Core.Samples;

/// <summary>
/// Turns the pictures of an encoder of ours into pictures of a recorded stream: their headers name the stream's own parameter sets and
/// are written by them, their slice data stays as it is. So a clip keeps the recording's decoder configuration, of which there is one.
/// </summary>
public sealed class SliceTranslator
{
    private readonly ParameterSets _encoder;
    private readonly ParameterSets _source;

    private SliceTranslator(ParameterSets encoder, ParameterSets source) => (_encoder, _source) = (encoder, source);

    /// <param name="encoderSps">NAL units of the encoder, which was given what <see cref="EncoderSettingsFor"/> says.</param>
    /// <param name="why">What forbids it, when null is returned.</param>
    /// <exception cref="SampleFormatException">A parameter set cannot be decoded.</exception>
    public static SliceTranslator? TryCreate(
        ReadOnlySpan<byte> encoderSps, ReadOnlySpan<byte> encoderPps, AvcConfiguration source, out string? why)
    {
        var sps = SequenceParameterSet.Parse(encoderSps);
        var encoder = new ParameterSets(sps, PictureParameterSet.Parse(encoderPps, sps));
        why = null;
        foreach (var sets in source.ParameterSets)
        {
            if ((WhyNot(sets, source) ?? WhyNotAlike(encoder, sets)) is not { } reason)
            {
                why = null;
                return new SliceTranslator(encoder, sets);
            }

            why ??= reason;
        }

        return null;
    }

    /// <param name="why">What forbids it, when null is returned.</param>
    /// <exception cref="SampleFormatException">A parameter set cannot be decoded.</exception>
    public static EncoderSettings? EncoderSettingsFor(AvcConfiguration source, out string? why)
    {
        why = null;
        foreach (var sets in source.ParameterSets)
        {
            if (WhyNot(sets, source) is not { } reason)
            {
                why = null;
                return EncoderSettings.Matching(sets, source);
            }

            why ??= reason;
        }

        return null;
    }

    /// <summary>One slice as a NAL unit of the source.</summary>
    /// <param name="frameNum">Pictures since the IDR picture, which is 0; of any size.</param>
    /// <param name="picOrder">Twice the place on screen, counted from the IDR picture; of any size.</param>
    /// <param name="idrPicId">Another one than those of the IDR pictures right before and behind it.</param>
    /// <exception cref="SampleFormatException">It is no slice that the encoder was told to make.</exception>
    public byte[] Translate(ReadOnlySpan<byte> sliceNal, int frameNum, int picOrder, int idrPicId)
    {
        var slice = SliceHeader.Parse(sliceNal, _encoder);
        if (slice.IsIdr && (frameNum != 0 || picOrder != 0))
        {
            throw new ArgumentException($"An IDR picture begins both counts anew: {frameNum}, {picOrder}", nameof(frameNum));
        }

        RefuseWhatDependsOnNumbers(slice);
        var (sps, pps) = _source;
        var isP = slice.Type == SliceType.P;
        var qpDelta = slice.QpDelta + _encoder.Pps.InitialQp - pps.InitialQp;
        return (slice with
        {
            PictureParameterSetId = pps.Id,
            FrameNum = frameNum & ((1 << sps.FrameNumBits) - 1),
            IdrPicId = idrPicId,
            PicOrderCntLsb = picOrder & ((1 << sps.PicOrderCntLsbBits) - 1),
            DeltaPicOrderCntBottom = 0,
            RedundantPicCnt = 0,
            OverridesReferenceCounts = isP && slice.ReferenceCount0 != pps.ReferenceCounts.List0,
            Weights = isP && pps.HasWeightedPrediction ? PredictionWeights.Neutral(slice.ReferenceCount0) : null,
            QpDelta = qpDelta,
        }).Rewrite(sliceNal, _source);
    }

    /// <summary>Why pictures of no encoder of ours can stand among those with these parameter sets.</summary>
    private static string? WhyNot(ParameterSets sets, AvcConfiguration configuration)
    {
        var (sps, pps) = sets;
        (bool Forbids, string Why)[] rules =
        [
            (configuration.SequenceParameterSets.Count > 1, "it has several sequence parameter sets"),
            (sps.ProfileIdc is not (66 or 77 or 100 or 110 or 122 or 244), $"its profile is {sps.ProfileIdc}"),
            (!sps.FrameMbsOnly, "its pictures may be interlaced"),
            (sps.ChromaFormatIdc != 1, "its chroma format is not 4:2:0"),
            (sps.BitDepthLuma != 8 || sps.BitDepthChroma != 8, $"its samples have {sps.BitDepthLuma} bits"),
            (sps.PicOrderCntType == 1, "its picture order count is of type 1"),
            (sps.HasScalingMatrix || pps.HasScalingMatrix, "it has scaling matrices"),
            (sps.HasLosslessMode, "it has a lossless mode"),
            (sps.MaxNumRefFrames < 1, "its pictures have no references"),
            (sps.CropOrigin != (0, 0), "its pictures are cropped at the left or at the top"),
            (Whole(sps.Width) != sps.CodedWidth || Whole(sps.Height) != sps.CodedHeight,
                $"its pictures of {sps.Width}×{sps.Height} are coded as {sps.CodedWidth}×{sps.CodedHeight}"),
            (pps.ChromaQpOffsets.Cb != pps.ChromaQpOffsets.Cr, "its two chroma quantizers differ"),
        ];
        return rules.FirstOrDefault(rule => rule.Forbids).Why;

        static int Whole(int length) => (length + 15) / 16 * 16;
    }

    /// <summary>Why slice data of the encoder would mean something else with the source's parameter sets.</summary>
    private static string? WhyNotAlike(ParameterSets encoder, ParameterSets source)
    {
        var (sps, pps) = encoder;
        (bool Forbids, string Why)[] rules =
        [
            (!sps.FrameMbsOnly || sps.ChromaFormatIdc != 1 || sps.BitDepthLuma != 8 || sps.BitDepthChroma != 8,
                "the encoder made something else than 4:2:0 frames of 8 bits"),
            (sps.HasScalingMatrix || pps.HasScalingMatrix || sps.HasLosslessMode, "the encoder scales or bypasses the transform"),
            (Size(sps) != Size(source.Sps), $"the encoder's pictures are {Size(sps)}, not {Size(source.Sps)}"),
            (sps.LevelIdc > source.Sps.LevelIdc, $"the encoder's level is {sps.LevelIdc}, above {source.Sps.LevelIdc}"),
            (sps.MaxNumRefFrames > source.Sps.MaxNumRefFrames,
                $"the encoder keeps {sps.MaxNumRefFrames} references, more than {source.Sps.MaxNumRefFrames}"),
            (pps.IsCabac != source.Pps.IsCabac, $"the encoder's entropy coding is {(pps.IsCabac ? "CABAC" : "CAVLC")}"),
            (pps.HasTransform8X8 != source.Pps.HasTransform8X8, $"the encoder writes {(pps.HasTransform8X8 ? "" : "no ")}8×8 transforms"),
            (pps.ChromaQpOffsets != source.Pps.ChromaQpOffsets,
                $"the encoder's chroma quantizers are {pps.ChromaQpOffsets}, not {source.Pps.ChromaQpOffsets}"),
            (pps.HasConstrainedIntraPrediction != source.Pps.HasConstrainedIntraPrediction,
                "the encoder's intra prediction is constrained, or not, unlike the source's"),
            (pps.HasWeightedPrediction, "the encoder weights its references"),
        ];
        return rules.FirstOrDefault(rule => rule.Forbids).Why;

        static (int, int, int, int, (int, int)) Size(SequenceParameterSet sps) =>
            (sps.Width, sps.Height, sps.CodedWidth, sps.CodedHeight, sps.CropOrigin);
    }

    private void RefuseWhatDependsOnNumbers(SliceHeader slice)
    {
        Refuse(slice.Type == SliceType.B, "slice_type", "is B");
        Refuse(slice.RedundantPicCnt != 0, "redundant_pic_cnt", "is not 0");
        Refuse(slice.Modifications0 is not null, "ref_pic_list_modification_flag", "is 1");
        Refuse(slice.Markings is not null, "adaptive_ref_pic_marking_mode_flag", "is 1");
        Refuse(
            !_source.Pps.HasDeblockingControl && (slice.DisableDeblockingFilterIdc, slice.DeblockingOffsets) != (0, (0, 0)),
            "disable_deblocking_filter_idc",
            "or its offsets are not 0, as the source has them");

        static void Refuse(bool forbids, string field, string what)
        {
            if (forbids)
            {
                throw new SampleFormatException(field, 0, $"{what}: not what the encoder was told");
            }
        }
    }
}
