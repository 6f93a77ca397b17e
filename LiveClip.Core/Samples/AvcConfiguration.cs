namespace LiveClip.Core.Samples;

/// <summary>The AVC decoder configuration record, <c>avcC</c> (ISO 14496-15 §5.3.3.1). Equal when its bytes are.</summary>
public sealed class AvcConfiguration : IEquatable<AvcConfiguration>
{
    private readonly Lazy<ParameterSets[]> _parameterSets;

    private AvcConfiguration(
        byte[] record, int lengthSize, ReadOnlyMemory<byte>[] sequenceParameterSets, ReadOnlyMemory<byte>[] pictureParameterSets)
    {
        Record = record;
        LengthSize = lengthSize;
        SequenceParameterSets = sequenceParameterSets;
        PictureParameterSets = pictureParameterSets;
        Sps = SequenceParameterSet.Parse(sequenceParameterSets[0].Span);
        _parameterSets = new(ParseParameterSets);
    }

    /// <summary>The record as the encoder sent it, extensions included.</summary>
    public ReadOnlyMemory<byte> Record { get; }

    /// <summary>How many bytes hold the length before each NAL unit of a sample: 1, 2 or 4.</summary>
    public int LengthSize { get; }

    /// <summary>NAL units, at least one.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> SequenceParameterSets { get; }

    /// <summary>NAL units, at least one.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PictureParameterSets { get; }

    /// <summary>The first of <see cref="SequenceParameterSets"/>, parsed.</summary>
    public SequenceParameterSet Sps { get; }

    /// <summary>Every picture parameter set with the sequence parameter set that it names.</summary>
    /// <exception cref="SampleFormatException">One of them cannot be decoded, or names one that is not there.</exception>
    public IReadOnlyList<ParameterSets> ParameterSets => _parameterSets.Value;

    /// <summary>RFC 6381: <c>avc1.</c> and profile, constraint flags and level in hexadecimal, such as <c>avc1.64001f</c>.</summary>
    public string Codec => "avc1." + Convert.ToHexStringLower(Record.Span.Slice(1, 3));

    // ISO 14496-15 §5.3.3.1.2:  configurationVersion(8)=1 | AVCProfileIndication(8) | profile_compatibility(8) | AVCLevelIndication(8)
    //   | reserved(6) | lengthSizeMinusOne(2) | reserved(3) | numOfSequenceParameterSets(5) | { length(16) | SPS }
    //   | numOfPictureParameterSets(8) | { length(16) | PPS } | [extension of the high profiles]
    /// <exception cref="SampleFormatException">The record is cut off, has no parameter set, or one that cannot be decoded.</exception>
    public static AvcConfiguration Parse(ReadOnlyMemory<byte> record)
    {
        var bytes = record.ToArray();
        if (bytes.Length < 7)
        {
            throw new SampleFormatException("avcC", bytes.Length, $"needs at least 7 bytes, has {bytes.Length}");
        }

        if (bytes[0] != 1)
        {
            throw new SampleFormatException("configurationVersion", 0, $"is {bytes[0]}, only 1 is known");
        }

        var lengthSize = (bytes[4] & 3) + 1;
        if (lengthSize == 3)
        {
            throw new SampleFormatException("lengthSizeMinusOne", 4, "2 is not allowed");
        }

        var position = 6;
        var sps = ReadParameterSets(
            bytes, "sequenceParameterSet", NalUnitType.SequenceParameterSet, bytes[5] & 0x1F, ref position);
        if (position == bytes.Length)
        {
            throw new SampleFormatException("numOfPictureParameterSets", position, "is missing");
        }

        var ppsCount = bytes[position++];
        var pps = ReadParameterSets(bytes, "pictureParameterSet", NalUnitType.PictureParameterSet, ppsCount, ref position);
        return new AvcConfiguration(bytes, lengthSize, sps, pps);
    }

    private static ReadOnlyMemory<byte>[] ReadParameterSets(
        byte[] bytes, string field, NalUnitType type, int count, ref int position)
    {
        if (count == 0)
        {
            throw new SampleFormatException(field, position, "none is there");
        }

        var units = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            var room = bytes.Length - position - 2;
            var length = room < 0 ? 0 : bytes[position] << 8 | bytes[position + 1];
            if (length == 0 || length > room)
            {
                throw new SampleFormatException(field, position, $"length {length} with {Math.Max(room, 0)} bytes left");
            }

            units[i] = bytes.AsMemory(position + 2, length);
            if (new NalUnit(units[i]).Type != type)
            {
                throw new SampleFormatException(field, position + 2, $"is a NAL unit of type {new NalUnit(units[i]).Type:D}");
            }

            position += 2 + length;
        }

        return units;
    }

    /// <summary>What a slice is to be read with, by the pic_parameter_set_id in its header.</summary>
    /// <exception cref="SampleFormatException">There is no such set, or one that cannot be decoded.</exception>
    public ParameterSets ParameterSetsNamed(int pictureParameterSetId) =>
        // As in a decoder, which gets them in this order, a later set takes the place of an earlier one.
        ParameterSets.LastOrDefault(sets => sets.Pps.Id == pictureParameterSetId)
        ?? throw new SampleFormatException("pic_parameter_set_id", 1, $"{pictureParameterSetId} is none of the configuration's");

    /// <summary>Whether a parameter set that comes among the pictures says nothing new.</summary>
    public bool Holds(NalUnit parameterSet) =>
        SequenceParameterSets.Concat(PictureParameterSets).Any(known => known.Span.SequenceEqual(parameterSet.Bytes.Span));

    private ParameterSets[] ParseParameterSets()
    {
        var sequences = SequenceParameterSets.Select(unit => SequenceParameterSet.Parse(unit.Span)).ToList();
        return [.. PictureParameterSets.Select(unit =>
        {
            var id = PictureParameterSet.ReadSequenceParameterSetId(unit.Span);
            var sps = sequences.FindLast(sequence => sequence.Id == id)
                ?? throw new SampleFormatException("seq_parameter_set_id", 1, $"{id} is none of the configuration's");
            return new ParameterSets(sps, PictureParameterSet.Parse(unit.Span, sps));
        })];
    }

    public bool Equals(AvcConfiguration? other) => other is not null && Record.Span.SequenceEqual(other.Record.Span);

    public override bool Equals(object? obj) => Equals(obj as AvcConfiguration);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Record.Span);
        return hash.ToHashCode();
    }
}
