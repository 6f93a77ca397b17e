using System.Buffers;

namespace LiveClip.Core.Samples;

/// <summary>
/// Lets decoding begin where an open GOP does: makes its intra picture an IDR picture and counts frame_num and picture order from there,
/// up to the next real IDR picture. Headers are written anew, slice data stays as it is. It follows what a decoder holds, and where
/// leaving pictures out would change what a slice refers to, its header tells.
/// </summary>
/// <param name="configuration">Of all the pictures.</param>
/// <param name="idrPicId">Another one than those of IDR pictures right before and behind the first: <see cref="IdrPicIdOf"/>.</param>
public sealed class RandomAccessRebaser(AvcConfiguration configuration, int idrPicId)
{
    private Origin? _origin;
    private bool _ended;

    // What a decoder of the stream holds, and what one of the rebased stream does.
    private ReferencePictures _before = new(0, []);
    private ReferencePictures _after = new(0, []);

    // Of the newest reference picture; of the newest one that is kept.
    private int _number;
    private int _newNumber;
    private int _picOrderTop;

    /// <summary>idr_pic_id; null when it is no IDR picture.</summary>
    /// <param name="accessUnit">Whole NAL units, each after its length.</param>
    /// <exception cref="SampleFormatException">A header is broken.</exception>
    public static int? IdrPicIdOf(ReadOnlyMemory<byte> accessUnit, AvcConfiguration configuration) =>
        FirstSlice(accessUnit, configuration) is { Type: NalUnitType.IdrSlice } slice
            ? SliceHeader.Parse(slice.Bytes.Span, configuration).IdrPicId
            : null;

    /// <summary>Takes all access units in decode order, the first being the random access point.</summary>
    /// <returns>
    /// The rebased one; from an IDR picture on, itself; null for a leading picture, which is shown before the first and refers to what
    /// is gone.
    /// </returns>
    /// <exception cref="SampleFormatException">The first is no random access point, or one is broken or cannot be rebased.</exception>
    public ReadOnlyMemory<byte>? Rebase(ReadOnlyMemory<byte> accessUnit)
    {
        if (_ended || FirstSlice(accessUnit, configuration) is not { } slice)
        {
            return accessUnit;
        }

        if (slice.Type == NalUnitType.IdrSlice)
        {
            _ended = true;
            return accessUnit;
        }

        var header = SliceHeader.Parse(slice.Bytes.Span, configuration);
        var isFirst = _origin is null;
        var origin = _origin ??= Begin(accessUnit, header);
        var (picture, picOrderTop) = Number(header, origin, isFirst);
        var remaining = isFirst || header.RefIdc == 0 ? _before : Marked(header, picture, origin);
        var unused = _after.Held.Except(remaining.Held).ToList();
        ReadOnlyMemory<byte>? rebased = null;
        if (picture.IsKept)
        {
            var told = new PictureNumbers(
                isFirst,
                picture.NewNumber & (origin.MaxFrameNum - 1),
                picOrderTop - origin.PicOrder & (origin.MaxPicOrderCntLsb - 1),
                isFirst || header.RefIdc == 0 ? null : Markings(unused, picture));
            rebased = Write(accessUnit, picture, told, origin);
        }

        if (header.RefIdc != 0)
        {
            _before = remaining.With(picture);
            (_number, _picOrderTop) = (picture.Number, picOrderTop);
            if (picture.IsKept)
            {
                _after = _after.Without(unused).With(picture);
                _newNumber = picture.NewNumber;
            }
        }

        return rebased;
    }

    private static NalUnit? FirstSlice(ReadOnlyMemory<byte> accessUnit, AvcConfiguration configuration)
    {
        foreach (var unit in NalUnit.Walk(accessUnit, configuration.LengthSize))
        {
            if (unit.Type is >= NalUnitType.NonIdrSlice and <= NalUnitType.IdrSlice)
            {
                return unit;
            }
        }

        return null;
    }

    private Origin Begin(ReadOnlyMemory<byte> accessUnit, SliceHeader header)
    {
        if (!AccessUnit.Parse(accessUnit, configuration.LengthSize).IsRandomAccess || header.RefIdc == 0)
        {
            throw new SampleFormatException("recovery_point", 0, "is missing: decoding cannot begin here");
        }

        var sps = configuration.ParameterSetsNamed(header.PictureParameterSetId).Sps;
        if (sps.PicOrderCntType == 1)
        {
            throw new SampleFormatException("pic_order_cnt_type", 0, "is 1, which is not rebased");
        }

        _before = _after = new ReferencePictures(sps.MaxNumRefFrames, []);
        _picOrderTop = header.PicOrderCntLsb;
        return new Origin(
            sps,
            1 << sps.FrameNumBits,
            1 << sps.PicOrderCntLsbBits,
            header.FrameNum,
            header.PicOrderCntLsb + Math.Min(0, header.DeltaPicOrderCntBottom));
    }

    // §7.4.3 frame_num: it counts on behind each reference picture. §8.2.1.1: the turn that is nearest to the last reference picture.
    private (ReferencePicture Picture, int PicOrderTop) Number(SliceHeader header, Origin origin, bool isFirst)
    {
        var number = isFirst ? 0 : _number + 1;
        var frameNum = origin.FrameNum + number & (origin.MaxFrameNum - 1);
        if (header.FrameNum != frameNum)
        {
            throw new SampleFormatException("frame_num", 0, $"is {header.FrameNum}, not {frameNum}: pictures are missing");
        }

        var top = origin.Sps.PicOrderCntType == 0
            ? _picOrderTop + Nearest(header.PicOrderCntLsb - _picOrderTop, origin.MaxPicOrderCntLsb)
            : 2 * number - (header.RefIdc == 0 ? 1 : 0);
        var picOrder = top + Math.Min(0, header.DeltaPicOrderCntBottom);
        var newNumber = isFirst ? 0 : _newNumber + 1;
        return (new ReferencePicture(number, newNumber, picOrder, picOrder >= origin.PicOrder), top);

        static int Nearest(int difference, int modulus)
        {
            var forward = difference & (modulus - 1);
            return forward <= modulus / 2 ? forward : forward - modulus;
        }
    }

    /// <summary>What the stream's decoder still holds when the picture comes to it.</summary>
    private ReferencePictures Marked(SliceHeader header, ReferencePicture picture, Origin origin)
    {
        if (header.Markings is not { } markings)
        {
            return _before.Slid();
        }

        // What is not held is from before the origin: it is gone already, as pictures are that were kept for long.
        var unused = new List<ReferencePicture>();
        foreach (var marking in markings)
        {
            switch (marking.Operation)
            {
                case ReferenceMarking.Unused:
                    unused.AddRange(_before.Find(picture.Number - (int)marking.Value - 1, origin.MaxFrameNum) is { } found ? [found] : []);
                    break;
                case ReferenceMarking.ToLongTerm or ReferenceMarking.AllUnused or ReferenceMarking.ThisToLongTerm:
                    throw new SampleFormatException(
                        "memory_management_control_operation", 0, $"is {marking.Operation}, which is not rebased");
            }
        }

        return _before.Without(unused);
    }

    /// <summary>By which the rebased stream's decoder lets go of the same pictures; null where it does so by itself.</summary>
    private List<ReferenceMarking>? Markings(List<ReferencePicture> unused, ReferencePicture picture) =>
        _after.Slid().Held.SequenceEqual(_after.Without(unused).Held)
            ? null
            : unused.ConvertAll(held => new ReferenceMarking(ReferenceMarking.Unused, (uint)(picture.NewNumber - held.NewNumber - 1)));

    private byte[] Write(ReadOnlyMemory<byte> accessUnit, ReferencePicture picture, PictureNumbers numbers, Origin origin)
    {
        var written = new ArrayBufferWriter<byte>(accessUnit.Length + 64);
        foreach (var unit in NalUnit.Walk(accessUnit, configuration.LengthSize))
        {
            switch (unit.Type)
            {
                case NalUnitType.NonIdrSlice:
                    WriteUnit(written, Rebase(unit.Bytes.Span, picture, numbers, origin));
                    break;
                case NalUnitType.SequenceParameterSet or NalUnitType.PictureParameterSet when !configuration.Holds(unit):
                    throw new SampleFormatException("parameter_set", 0, "among the pictures differs from the configuration's");
                case NalUnitType.SliceDataPartitionA or NalUnitType.SliceDataPartitionB or NalUnitType.SliceDataPartitionC
                    or NalUnitType.IdrSlice or NalUnitType.AuxiliarySlice:
                    throw new SampleFormatException("nal_unit_type", 0, $"is {unit.Type:D}, which is not rebased");
                case NalUnitType.Prefix:
                    // Repeats of the slice behind it what changes; only decoders of scalable layers read it.
                    break;
                default:
                    WriteUnit(written, unit.Bytes.Span);
                    break;
            }
        }

        return written.WrittenSpan.ToArray();
    }

    private byte[] Rebase(ReadOnlySpan<byte> unit, ReferencePicture picture, PictureNumbers numbers, Origin origin)
    {
        var header = SliceHeader.Parse(unit, configuration);
        var before = _before.DefaultLists(header.Type, picture.PicOrder);
        var after = _after.DefaultLists(header.Type, picture.PicOrder);
        return (header with
        {
            UnitType = numbers.IsIdr ? NalUnitType.IdrSlice : header.UnitType,
            FrameNum = numbers.FrameNum,
            IdrPicId = numbers.IsIdr ? idrPicId : 0,
            PicOrderCntLsb = numbers.PicOrderCntLsb,
            Modifications0 = Modifications(
                _before.Modified(before.List0, header.Modifications0, header.ReferenceCount0, picture.Number, origin.MaxFrameNum),
                after.List0, picture, origin),
            Modifications1 = Modifications(
                _before.Modified(before.List1, header.Modifications1, header.ReferenceCount1, picture.Number, origin.MaxFrameNum),
                after.List1, picture, origin),
            Markings = numbers.Markings,
        }).Rewrite(unit, configuration.ParameterSetsNamed(header.PictureParameterSetId));
    }

    /// <summary>By which a list of the rebased stream becomes what the stream's is; null where it is so by default.</summary>
    private static List<ReferenceListModification>? Modifications(
        ReferencePicture?[] meant, List<ReferencePicture> byDefault, ReferencePicture picture, Origin origin)
    {
        if (meant.Length == 0)
        {
            return null;
        }

        if (byDefault.Count == 0)
        {
            throw new SampleFormatException("ref_idx", 0, "refers to pictures before the random access point only");
        }

        // A picture that is gone is at a place that no block uses, or decoding could not begin here: any other may stand there.
        var wanted = meant.Select((held, i) => held is { IsKept: true } ? held : byDefault[Math.Min(i, byDefault.Count - 1)]).ToList();
        if (wanted.SequenceEqual(byDefault.Take(meant.Length)))
        {
            return null;
        }

        var steps = new List<ReferenceListModification>();
        var last = picture.NewNumber;
        foreach (var reference in wanted)
        {
            // Once around is the same picture again.
            var back = last - reference.NewNumber - 1 & (origin.MaxFrameNum - 1);
            steps.Add(new(ReferenceListModification.Back, (uint)back));
            last = reference.NewNumber;
        }

        return steps;
    }

    // ISO 14496-15 §5.3.4.2:  NALUnitLength(8 × LengthSize) | NALUnit
    private void WriteUnit(ArrayBufferWriter<byte> written, ReadOnlySpan<byte> unit)
    {
        if (configuration.LengthSize < 4 && unit.Length >> (8 * configuration.LengthSize) != 0)
        {
            throw new SampleFormatException("NALUnitLength", 0, $"{unit.Length} is more than fits");
        }

        for (var shift = 8 * (configuration.LengthSize - 1); shift >= 0; shift -= 8)
        {
            written.Write<byte>([(byte)(unit.Length >> shift)]);
        }

        written.Write<byte>(unit);
    }

    /// <summary>The random access point in the numbers of the stream.</summary>
    private sealed record Origin(SequenceParameterSet Sps, int MaxFrameNum, int MaxPicOrderCntLsb, int FrameNum, int PicOrder);

    /// <summary>What all slice headers of a rebased picture tell.</summary>
    private sealed record PictureNumbers(bool IsIdr, int FrameNum, int PicOrderCntLsb, IReadOnlyList<ReferenceMarking>? Markings);
}
