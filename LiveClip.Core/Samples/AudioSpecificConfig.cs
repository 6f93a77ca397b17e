namespace LiveClip.Core.Samples;

/// <summary>What an AAC decoder must know (ISO 14496-3 §1.6.2.1). Equal when its bytes are.</summary>
public sealed class AudioSpecificConfig : IEquatable<AudioSpecificConfig>
{
    private const int ExplicitRate = 15;
    private const int SpectralBandReplication = 5;
    private const int ParametricStereo = 29;
    private const int LowDelay = 23;

    // ISO 14496-3 Table 1.18, by samplingFrequencyIndex.
    private static readonly int[] Rates =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

    // ISO 14496-3 Table 1.19, by channelConfiguration; 0: reserved or told by a program config element.
    private static readonly int[] ChannelCounts = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0];

    private AudioSpecificConfig(byte[] record) => Record = record;

    /// <summary>The configuration as the encoder sent it, extensions included.</summary>
    public ReadOnlyMemory<byte> Record { get; }

    /// <summary>2 AAC-LC, 5 HE-AAC, 29 HE-AAC v2 … (Table 1.17), as signalled first.</summary>
    public int ObjectType { get; private init; }

    /// <summary>Of the core coder, in Hz: HE-AAC plays at twice this, but its frames count in it.</summary>
    public int SampleRate { get; private init; }

    public int Channels { get; private init; }

    /// <summary>Samples per frame at <see cref="SampleRate"/>: 1024 or 960 (512 or 480 for AAC-LD).</summary>
    public int FrameLength { get; private init; }

    /// <summary>samplingFrequencyIndex of <see cref="SampleRate"/>; -1 where it has none.</summary>
    public int RateIndex => Array.IndexOf(Rates, SampleRate);

    /// <summary>RFC 6381, such as <c>mp4a.40.2</c>.</summary>
    public string Codec => $"mp4a.40.{ObjectType}";

    // §1.6.2.1:  audioObjectType(5 [+6]) | samplingFrequencyIndex(4 [+24]) | channelConfiguration(4)
    //   | [for SBR and PS: extensionSamplingFrequencyIndex(4 [+24]) | audioObjectType(5 [+6])]
    // §4.4.1 GASpecificConfig:  frameLengthFlag(1) | dependsOnCoreCoder(1) [coreCoderDelay(14)] | extensionFlag(1)
    //   | [program_config_element]
    // What follows (error resilience, SBR signalled backward compatibly) changes neither rate nor frame length of the core.
    /// <exception cref="SampleFormatException">The bytes end too early or describe no AAC that is known here.</exception>
    public static AudioSpecificConfig Parse(ReadOnlyMemory<byte> record)
    {
        var bytes = record.ToArray();
        var reader = new BitReader(bytes);
        var objectType = ReadObjectType(ref reader);
        var sampleRate = ReadSampleRate(ref reader, "samplingFrequencyIndex");
        var channelConfiguration = (int)reader.ReadBits(4, "channelConfiguration");
        var coreType = objectType;
        if (objectType is SpectralBandReplication or ParametricStereo)
        {
            ReadSampleRate(ref reader, "extensionSamplingFrequencyIndex");
            coreType = ReadObjectType(ref reader);
        }

        // Main, LC, SSR, LTP, and their error resilient kin LC and LD.
        if (coreType is not (1 or 2 or 3 or 4 or 17 or LowDelay))
        {
            throw reader.Fault("audioObjectType", $"{coreType} is no AAC that is known here");
        }

        var shortFrames = reader.ReadFlag("frameLengthFlag");
        if (reader.ReadFlag("dependsOnCoreCoder"))
        {
            reader.ReadBits(14, "coreCoderDelay");
        }

        reader.ReadFlag("extensionFlag");
        var channels = channelConfiguration == 0 ? ReadProgramConfigChannels(ref reader) : ChannelCounts[channelConfiguration];
        return new AudioSpecificConfig(bytes)
        {
            ObjectType = objectType,
            SampleRate = sampleRate,
            Channels = channels > 0 ? channels : throw reader.Fault("channelConfiguration", $"{channelConfiguration} names no channels"),
            FrameLength = (coreType, shortFrames) switch
            {
                (LowDelay, true) => 480,
                (LowDelay, false) => 512,
                (_, true) => 960,
                (_, false) => 1024,
            },
        };
    }

    /// <summary>AAC-LC in frames of 1024.</summary>
    /// <exception cref="SampleFormatException">There is no AAC of that rate, or with so many channels.</exception>
    public static AudioSpecificConfig OfLowComplexity(int sampleRate, int channels)
    {
        const int LowComplexity = 2;
        var (rate, configuration) = (Array.IndexOf(Rates, sampleRate), channels == 8 ? 7 : channels);
        if (rate < 0 || configuration is < 1 or > 7 || ChannelCounts[configuration] != channels)
        {
            throw new SampleFormatException("AudioSpecificConfig", 0, $"no AAC has {channels} channels at {sampleRate} Hz");
        }

        var bits = LowComplexity << 11 | rate << 7 | configuration << 3;
        return Parse(new[] { (byte)(bits >> 8), (byte)bits });
    }

    private static int ReadObjectType(ref BitReader reader)
    {
        var type = (int)reader.ReadBits(5, "audioObjectType");
        return type < 31 ? type : 32 + (int)reader.ReadBits(6, "audioObjectTypeExt");
    }

    private static int ReadSampleRate(ref BitReader reader, string field)
    {
        var index = (int)reader.ReadBits(4, field);
        var rate = index == ExplicitRate ? (int)reader.ReadBits(24, "samplingFrequency") : index < Rates.Length ? Rates[index] : 0;
        return rate > 0 ? rate : throw reader.Fault(field, "names no sample rate");
    }

    // §4.4.1.1:  element_instance_tag(4) | object_type(2) | sampling_frequency_index(4) | num_front(4) | num_side(4) | num_back(4)
    //   | num_lfe(2) | num_assoc_data(3) | num_valid_cc(4) | mono_mixdown(1 [+4]) | stereo_mixdown(1 [+4]) | matrix_mixdown(1 [+3])
    //   | { is_cpe(1) | tag(4) } of front, side, back | { tag(4) } of lfe …
    private static int ReadProgramConfigChannels(ref BitReader reader)
    {
        const string Element = "program_config_element";
        reader.ReadBits(10, Element);
        var elements = reader.ReadBits(4, Element) + reader.ReadBits(4, Element) + reader.ReadBits(4, Element);
        var channels = (int)reader.ReadBits(2, Element);
        reader.ReadBits(7, Element);
        foreach (var mixdownBits in (ReadOnlySpan<int>)[4, 4, 3])
        {
            if (reader.ReadFlag(Element))
            {
                reader.ReadBits(mixdownBits, Element);
            }
        }

        for (; elements > 0; elements--)
        {
            channels += reader.ReadFlag(Element) ? 2 : 1;
            reader.ReadBits(4, Element);
        }

        return channels;
    }

    public bool Equals(AudioSpecificConfig? other) => other is not null && Record.Span.SequenceEqual(other.Record.Span);

    public override bool Equals(object? obj) => Equals(obj as AudioSpecificConfig);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Record.Span);
        return hash.ToHashCode();
    }
}
