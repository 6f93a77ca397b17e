using System.Text.Json;
using LiveClip.Core.Samples;
using LiveClip.Tests.Mp4;
using Xunit;

namespace LiveClip.Tests.Samples;

public class SequenceParameterSetTests
{
    private static readonly byte[] Smallest =
    [
        0x67, // nal_ref_idc 3, nal_unit_type 7
        0x42, // profile_idc 66
        0xC0, // constraint_set0_flag, constraint_set1_flag
        0x0A, // level_idc 10
        0b1_1_011_010, // seq_parameter_set_id 0, log2_max_frame_num_minus4 0, pic_order_cnt_type 2, max_num_ref_frames 1
        0b0_011_010_1, // gaps 0, pic_width_in_mbs_minus1 2, pic_height_in_map_units_minus1 1, frame_mbs_only_flag 1
        0b1_0_0_1_0000, // direct_8x8_inference_flag 1, no cropping, no VUI, stop bit
    ];

    [Fact]
    public void Smallest_set_of_the_baseline_profile_is_read()
    {
        var sps = SequenceParameterSet.Parse(Smallest);
        Assert.Equal((66, 0xC0, 10, 0), (sps.ProfileIdc, sps.ConstraintFlags, sps.LevelIdc, sps.Id));
        Assert.Equal((48, 32, 48, 32), (sps.Width, sps.Height, sps.CodedWidth, sps.CodedHeight));
        Assert.Equal((4, 2, 0, 1), (sps.FrameNumBits, sps.PicOrderCntType, sps.PicOrderCntLsbBits, sps.MaxNumRefFrames));
        Assert.True(sps.FrameMbsOnly);
        Assert.Null(sps.FrameRate);
        Assert.Equal(0, sps.ReorderDepth);
    }

    [Theory]
    [InlineData("1280x720", "30", "high", "yuv420p", "-bf", "2")]
    [InlineData("1920x1080", "30000/1001", "main", "yuv420p", "-bf", "3")]
    [InlineData("426x240", "24000/1001", "high", "yuv420p", "-bf", "0")]
    [InlineData("640x360", "25", "baseline", "yuv420p", "-bf", "0")]
    [InlineData("320x240", "60", "high10", "yuv420p10le", "-bf", "1")]
    [InlineData("322x242", "50", "high422", "yuv422p10le", "-bf", "3")]
    [InlineData("322x242", "30", "high444", "yuv444p", "-bf", "3")]
    [InlineData("1920x1080", "25", "high", "yuv420p", "-flags", "+ildct+ilme")]
    [InlineData("720x576", "25", "high", "yuv420p", "-x264-params", "nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900")]
    [InlineData("720x576", "25", "high", "yuv420p", "-x264-params", "open-gop=1:b-pyramid=normal")]
    [InlineData("720x576", "25", "main", "yuv420p", "-color_primaries", "bt709")]
    [InlineData("720x576", "25", "high", "yuv420p", "-aspect", "16:9")]
    [InlineData("2560x1440", "60", "high", "yuv420p", "-bf", "2")]
    public void What_x264_writes_is_read_as_ffprobe_reads_it(
        string size, string rate, string profile, string pixelFormat, string option, string value)
    {
        var media = EncodedMedia.Encode(
            "-f", "lavfi", "-i", $"testsrc2=s={size}:r={rate}:d=0.5", "-pix_fmt", pixelFormat,
            "-c:v", "libx264", "-preset", "veryfast", "-profile:v", profile, option, value);
        using var file = new ScratchFile(media.File);
        var stream = EncodedMedia.Probe(file.Path, "-show_streams").GetProperty("streams")[0];
        var sps = media.Video.Configuration.Sps;

        Assert.Equal(Number(stream, "width"), sps.Width);
        Assert.Equal(Number(stream, "height"), sps.Height);
        Assert.Equal(Number(stream, "level"), sps.LevelIdc);
        Assert.Equal(Number(stream, "has_b_frames"), sps.ReorderDepth);
        Assert.Equal(Text(stream, "sample_aspect_ratio"), $"{sps.SampleAspectRatio.Width}:{sps.SampleAspectRatio.Height}");
        Assert.Equal(rate.Contains('/') ? rate : rate + "/1", $"{sps.FrameRate?.Numerator}/{sps.FrameRate?.Denominator}");
        Assert.Equal(Text(stream, "bits_per_raw_sample"), $"{sps.BitDepthLuma}");
        Assert.Equal(Text(stream, "field_order") == "progressive", sps.FrameMbsOnly);
        Assert.Equal(pixelFormat[..7], sps.ChromaFormatIdc switch { 1 => "yuv420p", 2 => "yuv422p", _ => "yuv444p" });
        var profileName = sps.ProfileIdc switch
        {
            66 => "Constrained Baseline",
            77 => "Main",
            100 => "High",
            110 => "High 10",
            122 => "High 4:2:2",
            _ => "High 4:4:4 Predictive",
        };
        Assert.Equal(Text(stream, "profile"), profileName);
    }

    [Fact]
    public void Scaling_lists_are_stepped_over()
    {
        var bits = "1" + Ue(1) + Ue(0) + Ue(0) + "0" // sps_id, chroma_format_idc, bit depths, qpprime
            + "1" // seq_scaling_matrix_present_flag
            + "1" + new string('1', 16) // a list of sixteen deltas of 0
            + "1" + Ue(16) // a list that ends at once: delta_scale −8
            + "000000" // six lists by default
            + "1" + "011" + "010" + "0" + Ue(2) + Ue(1) + "1" + "1" + "0" + "0" + "1";
        var unit = Unit(bits);
        unit[1] = 100; // High profile
        var sps = SequenceParameterSet.Parse(unit);
        Assert.True(sps.HasScalingMatrix);
        Assert.Equal((48, 32, 2), (sps.Width, sps.Height, sps.PicOrderCntType));
    }

    [Fact]
    public void Pictures_above_8K_are_refused()
    {
        // width_minus1 = 511 → 8192, height_minus1 = 272 → 4368.
        var bits = "1" + "1" + "011" + "010" + "0" + Ue(511) + Ue(272) + "1" + "1" + "0" + "0" + "1";
        var error = Assert.Throws<SampleFormatException>(() => SequenceParameterSet.Parse(Unit(bits)));
        Assert.Equal("pic_height_in_map_units_minus1", error.Field);

        bits = "1" + "1" + "011" + "010" + "0" + Ue(511) + Ue(269) + "1" + "1" + "0" + "0" + "1";
        Assert.Equal((8192, 4320), (SequenceParameterSet.Parse(Unit(bits)).Width, SequenceParameterSet.Parse(Unit(bits)).Height));
    }

    [Fact]
    public void Cropping_away_the_whole_picture_is_refused()
    {
        var bits = "1" + "1" + "011" + "010" + "0" + Ue(2) + Ue(1) + "1" + "1" + "1" + Ue(12) + Ue(12) + Ue(0) + Ue(0) + "0" + "1";
        var error = Assert.Throws<SampleFormatException>(() => SequenceParameterSet.Parse(Unit(bits)));
        Assert.Equal("frame_crop_offsets at byte 8: leave 0×32 of 48×32", error.Message);
    }

    [Fact]
    public void Reorder_depth_that_is_not_told_is_what_the_picture_buffer_of_the_level_holds()
    {
        // Level 1.0 has room for 396 macroblocks; 11×9 of them make a picture. pic_order_cnt_type 0.
        var bits = "1" + "1" + "1" + "1" + "010" + "0" + Ue(10) + Ue(8) + "1" + "1" + "0" + "0" + "1";
        Assert.Equal(4, SequenceParameterSet.Parse(Unit(bits)).ReorderDepth);
    }

    [Fact]
    public void Cut_off_anywhere_it_is_refused()
    {
        var real = EncodedMedia.Usual.Value.Video.Configuration.SequenceParameterSets[0];
        for (var length = 0; length < real.Length; length++)
        {
            Assert.Throws<SampleFormatException>(() => SequenceParameterSet.Parse(real.Span[..length]));
        }
    }

    [Fact]
    public void Random_bytes_parse_or_are_refused()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var unit = new byte[random.Next(1, 64)];
            random.NextBytes(unit);
            unit[0] = 0x67;
            Refusal.OfSample(() => SequenceParameterSet.Parse(unit));
        }
    }

    private static byte[] Unit(string bits)
    {
        var padded = bits.PadRight((bits.Length + 7) / 8 * 8, '0');
        return [.. Smallest[..4], .. padded.Chunk(8).Select(octet => Convert.ToByte(new string(octet), 2))];
    }

    private static string Ue(int value)
    {
        var binary = Convert.ToString(value + 1, 2);
        return new string('0', binary.Length - 1) + binary;
    }

    private static int Number(JsonElement stream, string property) => stream.GetProperty(property).GetInt32();

    private static string Text(JsonElement stream, string property) => stream.GetProperty(property).GetString()!;
}
