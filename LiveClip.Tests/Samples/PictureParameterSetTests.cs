using LiveClip.Core.Samples;
using Xunit;
using static LiveClip.Tests.Samples.ParameterSetBits;

namespace LiveClip.Tests.Samples;

public class PictureParameterSetTests
{
    private static readonly SequenceParameterSet Sps = SequenceParameterSet.Parse(
    [
        0x67, 0x42, 0xC0, 0x0A, // Constrained Baseline, level 1.0
        0xDA, 0x35, 0x90, // 48×32, id 0: see SequenceParameterSetTests
    ]);

    private static readonly string Beginning = Ue(5) + Ue(0) // ids
        + "1" + "1" // CABAC, bottom field order
        + Ue(0) + Ue(2) + Ue(1) // one slice group, 3 and 2 references
        + "1" + "10" // weights, weighted_bipred_idc 2
        + Ue(6) + Ue(0) + Ue(3) // pic_init_qp 26 − 3, pic_init_qs 26, chroma_qp_index_offset 2
        + "1" + "0" + "1"; // deblocking control, no constrained intra prediction, redundant_pic_cnt

    [Fact]
    public void Fields_are_read()
    {
        var pps = PictureParameterSet.Parse(Set(Beginning + "1"), Sps);
        Assert.Equal((5, 0, (3, 2)), (pps.Id, pps.SequenceParameterSetId, pps.ReferenceCounts));
        Assert.Equal((2, 23, (2, 2)), (pps.WeightedBipredictionIdc, pps.InitialQp, pps.ChromaQpOffsets));
        Assert.Equal((true, true, true), (pps.IsCabac, pps.HasBottomFieldPicOrder, pps.HasWeightedPrediction));
        Assert.Equal(
            (true, false, true), (pps.HasDeblockingControl, pps.HasConstrainedIntraPrediction, pps.HasRedundantPicCnt));
        Assert.Equal((false, false), (pps.HasTransform8X8, pps.HasScalingMatrix));
    }

    [Fact]
    public void Fields_of_the_High_profile_are_read()
    {
        var lists = "1" + new string('1', 16) + "00000" // a list of sixteen deltas of 0, five by default
            + "1" + Ue(16) + "0"; // of 8×8 a list that ends at once, and one by default
        var pps = PictureParameterSet.Parse(Set(Beginning + "1" + "1" + lists + Ue(4) + "1"), Sps);
        Assert.Equal((true, true, (2, -2)), (pps.HasTransform8X8, pps.HasScalingMatrix, pps.ChromaQpOffsets));
    }

    [Fact]
    public void Slice_groups_are_refused()
    {
        var bits = Ue(5) + Ue(0) + "1" + "1" + Ue(1) + Ue(2) + Ue(1) + Ue(1) + Ue(1) + "1";
        var error = Assert.Throws<SampleFormatException>(() => PictureParameterSet.Parse(Set(bits), Sps));
        Assert.Equal("num_slice_groups_minus1", error.Field);
    }

    [Fact]
    public void A_set_that_names_another_sequence_parameter_set_is_refused()
    {
        var unit = Set(Beginning.Replace(Ue(5) + Ue(0), Ue(5) + Ue(1), StringComparison.Ordinal) + "1");
        Assert.Equal(1, PictureParameterSet.ReadSequenceParameterSetId(unit));
        Assert.Equal("seq_parameter_set_id", Assert.Throws<SampleFormatException>(() => PictureParameterSet.Parse(unit, Sps)).Field);
    }

    [Fact]
    public void Cut_off_anywhere_it_is_refused()
    {
        var unit = Set(Beginning + "1" + "0" + Ue(4) + "1");
        for (var length = 0; length < unit.Length; length++)
        {
            // A set may end before what the High profile added.
            Refusal.OfSample(() => PictureParameterSet.Parse(unit.AsSpan(0, length), Sps));
        }

        var random = new Random(9);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 24)];
            random.NextBytes(bytes);
            bytes[0] = 0x68;
            Refusal.OfSample(() => PictureParameterSet.Parse(bytes, Sps));
        }
    }

    [Theory]
    [InlineData("cabac=0:8x8dct=0:weightp=0", false, false, false)]
    [InlineData("cabac=1:8x8dct=1:weightp=2:constrained-intra=1", true, true, true)]
    public void What_x264_was_told_is_read(string x264Params, bool cabac, bool transform8X8, bool weights)
    {
        var pictures = EncodedPictures.Make("high", $"psy=0:chroma-qp-offset=-3:bframes=0:{x264Params}", 1);
        var pps = Assert.Single(pictures.Configuration.ParameterSets).Pps;
        Assert.Equal((cabac, transform8X8, weights), (pps.IsCabac, pps.HasTransform8X8, pps.HasWeightedPrediction));
        Assert.Equal((cabac, (-3, -3)), (pps.HasConstrainedIntraPrediction, pps.ChromaQpOffsets));
        Assert.Same(pps, pictures.Configuration.ParameterSetsNamed(0).Pps);
    }

    private static byte[] Set(string bits) => Unit([0x68], bits);
}
