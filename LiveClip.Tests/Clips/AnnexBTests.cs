using LiveClip.Core.Clips;
using LiveClip.Core.Samples;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Clips;

public sealed class AnnexBTests
{
    private static readonly byte[] Sps = Convert.FromHexString("6764001EACB405017FCB8088000003000800000301E078B175");
    private static readonly byte[] Pps = Convert.FromHexString("68EF0FCB");

    [Fact]
    public void Lengths_become_start_codes_and_back()
    {
        byte[] sample = [0, 0, 0, 2, 0x09, 0xF0, 0, 0, 0, 3, 0x65, 0x88, 0x84];

        var stream = AnnexB.FromSample(sample, 4);

        Assert.Equal([0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x65, 0x88, 0x84], stream);
        Assert.Equal(sample, AnnexB.Split(stream).SelectMany(unit => AnnexB.ToSample(unit.Bytes.Span, 4).ToArray()));
    }

    [Fact]
    public void Zeros_between_units_belong_to_none()
    {
        byte[] stream = [0, 0, 1, 0x67, 1, 0, 0, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3, 0, 0];
        Assert.Equal(["6701", "6802", "6503"], AnnexB.Split(stream).Select(unit => Convert.ToHexString(unit.Bytes.Span)));
        Assert.Empty(AnnexB.Split(new byte[] { 1, 2, 3 }));
    }

    [Fact]
    public void A_unit_that_its_length_cannot_tell_is_refused()
    {
        Assert.Equal([1, 0, 0x65], AnnexB.ToSample(new byte[256], 2).ToArray().Take(2).Append((byte)0x65));
        Assert.Throws<SampleFormatException>(() => AnnexB.ToSample(new byte[256], 1));
        Assert.Throws<SampleFormatException>(() => AnnexB.ToSample(new byte[65_536], 2));
    }

    [Fact]
    public void Parameter_sets_make_a_decoder_configuration()
    {
        var configuration = AnnexB.ConfigurationOf(Sps, Pps);
        Assert.Equal((640, 360, 4, "avc1.64001e"), (
            configuration.Sps.Width, configuration.Sps.Height, configuration.LengthSize, configuration.Codec));
        Assert.Equal(Pps, configuration.PictureParameterSets[0].ToArray());
        Assert.Equal([0xFD, 0xF8, 0xF8, 0], configuration.Record.ToArray().TakeLast(4));
    }

    [Fact]
    public async Task An_encoders_stream_is_kept_as_samples_however_it_is_cut_into_pieces()
    {
        byte[] stream =
        [
            0, 0, 0, 1, .. Sps, 0, 0, 0, 1, .. Pps, 0, 0, 1, 6, 5, 4, 0, 0, 1, 0x65, 0x88, 1, 2, 3, 0, 0, 1, 0x41, 0x9A, 0, 0, 3, 1, 9,
            0, 0, 0, 1, 0x41, 0x9B,
        ];
        using var folder = new TempFolder();
        for (var piece = 1; piece < stream.Length; piece++)
        {
            await using var file = new EncodedFile(folder.File("pictures"));
            foreach (var bytes in stream.Chunk(piece))
            {
                await file.Input.WriteAsync(bytes, TestContext.Current.CancellationToken);
            }

            file.Input.EndStream();
            Assert.Equal(3, file.Count);
            Assert.Equal(
                ["00000005" + "6588010203", "00000007" + "419A0000030109", "00000002" + "419B"],
                Enumerable.Range(0, 3).Select(i => Convert.ToHexString(file[i].Read())));
            Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(i => file[i].Sample.IsSync));
            Assert.Equal(640, file.Configuration.Sps.Width);
        }

        Assert.Empty(Directory.GetFiles(folder.FullPath));
    }
}
