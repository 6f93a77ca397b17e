using LiveClip.Core.Samples;

namespace LiveClip.Core.Mp4;

/// <summary>The sample description of a track: <c>avc1</c> with its <c>avcC</c>, or <c>mp4a</c> with its <c>esds</c>.</summary>
internal static class SampleEntry
{
    // ISO 14496-1 §7.2.2.1, tags of descriptors.
    private const byte EsDescriptorTag = 3;
    private const byte DecoderConfigDescriptorTag = 4;
    private const byte DecoderSpecificInfoTag = 5;
    private const byte SlConfigDescriptorTag = 6;

    private const byte Mpeg4Audio = 0x40;
    private const byte AudioStream = 5 << 2 | 1; // streamType(6)=5 | upStream(1)=0 | reserved(1)=1

    /// <summary>Tag and four bytes of length.</summary>
    private const int DescriptorHeaderLength = 5;

    // ISO 14496-12 §8.5.2 stsd:  version(8)=0 flags(24)=0 | entry_count(32)=1 | sample entry
    public static void WriteDescription(BoxWriter writer, Track track)
    {
        using (writer.FullBox(BoxType.Stsd, version: 0, flags: 0))
        {
            writer.WriteUInt32(1);
            switch (track)
            {
                case VideoTrack video:
                    WriteAvc1(writer, video.Configuration);
                    break;
                case AudioTrack audio:
                    WriteMp4a(writer, audio.Configuration);
                    break;
                default:
                    throw new ArgumentException($"no sample entry is known for {track.GetType().Name}", nameof(track));
            }
        }
    }

    // §8.5.2 SampleEntry:  reserved(48)=0 | data_reference_index(16)=1
    // §12.1.3 VisualSampleEntry:  pre_defined, reserved(128)=0 | width(16) | height(16) | horizresolution(32)=72 dpi | vertresolution(32)
    //   | reserved(32)=0 | frame_count(16)=1 | compressorname(256)=0 | depth(16)=0x18 | pre_defined(16)=-1 | avcC | [pasp]
    private static void WriteAvc1(BoxWriter writer, AvcConfiguration configuration)
    {
        const uint Dpi72 = 72 << 16;
        using (writer.Box(BoxType.Avc1))
        {
            WriteEntryStart(writer);
            writer.WriteZeros(16);
            writer.WriteUInt16((ushort)configuration.Sps.Width);
            writer.WriteUInt16((ushort)configuration.Sps.Height);
            writer.WriteUInt32(Dpi72);
            writer.WriteUInt32(Dpi72);
            writer.WriteUInt32(0);
            writer.WriteUInt16(1);
            writer.WriteZeros(32);
            writer.WriteUInt16(0x18);
            writer.WriteInt16(-1);
            using (writer.Box(BoxType.AvcC))
            {
                writer.WriteBytes(configuration.Record.Span);
            }

            // §12.1.4 pasp:  hSpacing(32) | vSpacing(32)
            var (horizontal, vertical) = configuration.Sps.SampleAspectRatio;
            if (horizontal != vertical)
            {
                using (writer.Box(BoxType.Pasp))
                {
                    writer.WriteUInt32((uint)horizontal);
                    writer.WriteUInt32((uint)vertical);
                }
            }
        }
    }

    // §12.2.3 AudioSampleEntry:  reserved(64)=0 | channelcount(16) | samplesize(16)=16 | pre_defined, reserved(32)=0
    //   | samplerate(16.16), 0 when it does not fit | esds
    private static void WriteMp4a(BoxWriter writer, AudioSpecificConfig configuration)
    {
        using (writer.Box(BoxType.Mp4a))
        {
            WriteEntryStart(writer);
            writer.WriteZeros(8);
            writer.WriteUInt16((ushort)configuration.Channels);
            writer.WriteUInt16(16);
            writer.WriteUInt32(0);
            writer.WriteUInt32(configuration.SampleRate <= ushort.MaxValue ? (uint)configuration.SampleRate << 16 : 0);
            using (writer.FullBox(BoxType.Esds, version: 0, flags: 0))
            {
                WriteElementaryStreamDescriptor(writer, configuration.Record.Span);
            }
        }
    }

    private static void WriteEntryStart(BoxWriter writer)
    {
        writer.WriteZeros(6);
        writer.WriteUInt16(1);
    }

    // ISO 14496-1 §7.2.6.5 ES_Descriptor:  ES_ID(16)=0 (ISO 14496-14 §3.1.2) | flags, streamPriority(8)=0
    //   §7.2.6.6 DecoderConfigDescriptor:  objectTypeIndication(8) | streamType(6) upStream(1) reserved(1) | bufferSizeDB(24)
    //     | maxBitrate(32) | avgBitrate(32), 0: not known | §7.2.6.7 DecoderSpecificInfo: AudioSpecificConfig
    //   §7.2.6.8 SLConfigDescriptor:  predefined(8)=2, for MP4 files
    private static void WriteElementaryStreamDescriptor(BoxWriter writer, ReadOnlySpan<byte> audioSpecificConfig)
    {
        const int DecoderConfigFields = 13;
        var decoderConfigLength = DecoderConfigFields + DescriptorHeaderLength + audioSpecificConfig.Length;
        WriteDescriptorHeader(writer, EsDescriptorTag, 3 + DescriptorHeaderLength + decoderConfigLength + DescriptorHeaderLength + 1);
        writer.WriteUInt16(0);
        writer.WriteUInt8(0);
        WriteDescriptorHeader(writer, DecoderConfigDescriptorTag, decoderConfigLength);
        writer.WriteUInt8(Mpeg4Audio);
        writer.WriteUInt8(AudioStream);
        writer.WriteZeros(3);
        writer.WriteUInt32(0);
        writer.WriteUInt32(0);
        WriteDescriptorHeader(writer, DecoderSpecificInfoTag, audioSpecificConfig.Length);
        writer.WriteBytes(audioSpecificConfig);
        WriteDescriptorHeader(writer, SlConfigDescriptorTag, 1);
        writer.WriteUInt8(2);
    }

    // ISO 14496-1 §8.3.3 expandable size: seven bits a byte, the highest bit says that more follow. Always four bytes, as is the custom.
    private static void WriteDescriptorHeader(BoxWriter writer, byte tag, int length)
    {
        writer.WriteUInt8(tag);
        writer.WriteUInt8((byte)(length >> 21 & 0x7F | 0x80));
        writer.WriteUInt8((byte)(length >> 14 & 0x7F | 0x80));
        writer.WriteUInt8((byte)(length >> 7 & 0x7F | 0x80));
        writer.WriteUInt8((byte)(length & 0x7F));
    }

    /// <summary>The track whose first sample entry this is.</summary>
    public static Track ReadDescription(BoxReader stsd, int trackId, Timescale timescale)
    {
        stsd.ReadVersionAndFlags();
        if (stsd.ReadUInt32() == 0 || !stsd.TryReadBox(out var entry))
        {
            throw stsd.Fault("has no sample entry");
        }

        if (entry.Type == BoxType.Avc1)
        {
            entry.Skip(78);
            return new VideoTrack(ReadAvcConfiguration(entry.Find(BoxType.AvcC))) with { Id = trackId, Timescale = timescale };
        }

        if (entry.Type == BoxType.Mp4a)
        {
            entry.Skip(28);
            return new AudioTrack(ReadAudioConfiguration(entry.Find(BoxType.Esds))) with { Id = trackId, Timescale = timescale };
        }

        throw entry.Fault("is no sample entry that is known here");
    }

    private static AvcConfiguration ReadAvcConfiguration(BoxReader avcC)
    {
        try
        {
            return AvcConfiguration.Parse(avcC.ReadBytes(avcC.Remaining).ToArray());
        }
        catch (SampleFormatException error)
        {
            throw avcC.Fault(error.Message, error);
        }
    }

    private static AudioSpecificConfig ReadAudioConfiguration(BoxReader esds)
    {
        esds.ReadVersionAndFlags();
        ReadDescriptorHeader(ref esds, EsDescriptorTag);
        esds.Skip(2);
        var flags = esds.ReadUInt8(); // streamDependenceFlag(1) | URL_Flag(1) | OCRstreamFlag(1) | streamPriority(5)
        esds.Skip((flags & 0x80) != 0 ? 2 : 0);
        esds.Skip((flags & 0x40) != 0 ? esds.ReadUInt8() : 0);
        esds.Skip((flags & 0x20) != 0 ? 2 : 0);
        ReadDescriptorHeader(ref esds, DecoderConfigDescriptorTag);
        var objectType = esds.ReadUInt8();
        if (objectType != Mpeg4Audio)
        {
            throw esds.Fault($"objectTypeIndication 0x{objectType:x2} is not MPEG-4 audio");
        }

        esds.Skip(12);
        var length = ReadDescriptorHeader(ref esds, DecoderSpecificInfoTag);
        var record = esds.ReadBytes(length).ToArray();
        try
        {
            return AudioSpecificConfig.Parse(record);
        }
        catch (SampleFormatException error)
        {
            throw esds.Fault(error.Message, error);
        }
    }

    private static int ReadDescriptorHeader(ref BoxReader esds, byte expectedTag)
    {
        var tag = esds.ReadUInt8();
        if (tag != expectedTag)
        {
            throw esds.Fault($"descriptor {tag} where {expectedTag} belongs");
        }

        var length = 0;
        for (var i = 0; i < 4; i++)
        {
            var value = esds.ReadUInt8();
            length = length << 7 | value & 0x7F;
            if (value < 0x80)
            {
                return length;
            }
        }

        throw esds.Fault("descriptor length of more than four bytes");
    }
}
