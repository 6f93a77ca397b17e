using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class RandomAccessRebaserTests
{
    private const int IdrPicId = 77;

    public static TheoryData<string, string> OpenGops() => new()
    {
        { "high", "open-gop=1:bframes=3:b-pyramid=normal:ref=4:weightp=2:keyint=15:min-keyint=15:scenecut=0" },
        { "high", "open-gop=1:bframes=3:b-pyramid=strict:ref=2:slices=3:keyint=20:min-keyint=20:scenecut=0" },
        { "main", "open-gop=1:bframes=2:b-pyramid=none:cabac=0:ref=3:weightb=1:direct=temporal:keyint=15:min-keyint=15:scenecut=0" },
        { "high", "open-gop=1:bframes=7:b-adapt=0:b-pyramid=normal:ref=16:keyint=25:min-keyint=25:scenecut=0" },
    };

    [Theory]
    [MemberData(nameof(OpenGops))]
    public void Decoding_begins_at_each_random_access_point_as_if_all_before_were_there(string profile, string x264Params)
    {
        var source = EncodedPictures.Make(profile, x264Params, 100);
        var hashes = source.Hashes();
        var order = source.ScreenOrder;
        var points = Points(source);
        Assert.True(points.Count >= 3);

        // All in one stream, each behind the last picture of the one before.
        var stream = new List<ReadOnlyMemory<byte>>();
        var expected = new List<string>();
        foreach (var (i, point) in points.Index())
        {
            var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId + i);
            var rebased = source.Samples.Skip(point).Select(sample => rebaser.Rebase(sample.Data)).ToList();
            Assert.All(rebased.Index(), unit => Assert.Equal(unit.Item is null, order[point + unit.Index] < order[point]));
            Assert.All(rebased.Index().Where(unit => unit.Item is not null), unit => Assert.Equal(
                2 * (order[point + unit.Index] - order[point]) & ((1 << source.Configuration.Sps.PicOrderCntLsbBits) - 1),
                SliceHeader.Parse(
                    source.SlicesOf(source.Samples[0] with { Data = unit.Item!.Value }).First().Bytes.Span,
                    source.Configuration).PicOrderCntLsb));
            stream.AddRange(rebased.OfType<ReadOnlyMemory<byte>>());
            expected.AddRange(hashes[order[point]..]);
            Assert.Equal(IdrPicId + i, RandomAccessRebaser.IdrPicIdOf(rebased[0]!.Value, source.Configuration));
            Assert.True(AccessUnit.Parse(rebased[0]!.Value, 4).IsIdr);
        }

        Assert.Equal(expected, EncodedPictures.Decode(source.Configuration, stream));
    }

    [Fact]
    public void Heads_of_any_length_go_before_a_random_access_point()
    {
        var source = EncodedPictures.Make(
            "high", "open-gop=1:bframes=3:b-pyramid=normal:ref=4:weightp=2:keyint=15:min-keyint=15:scenecut=0");
        var hashes = source.Hashes();
        var point = Points(source)[1];
        var from = source.ScreenOrder[point];
        var settings = SliceTranslator.EncoderSettingsFor(source.Configuration, out _)!;
        var head = EncodedPictures.Again(source, settings, from - 20, 20);
        var headHashes = head.Hashes();
        var translator = SliceTranslator.TryCreate(
            head.Configuration.SequenceParameterSets[0].Span,
            head.Configuration.PictureParameterSets[0].Span,
            source.Configuration,
            out _)!;
        var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId);
        var copied = source.Samples.Skip(point).Select(sample => rebaser.Rebase(sample.Data)).OfType<ReadOnlyMemory<byte>>().ToList();
        var stream = new List<ReadOnlyMemory<byte>>();
        var expected = new List<string>();
        for (var count = 1; count <= 20; count++)
        {
            stream.AddRange(head.Samples.Take(count).Select((sample, i) => EncodedPictures.Join(
                head.SlicesOf(sample).Select(slice => translator.Translate(slice.Bytes.Span, i, 2 * i, IdrPicId + 1)))));
            stream.AddRange(copied);
            expected.AddRange([.. headHashes[..count], .. hashes[from..]]);
        }

        Assert.Equal(expected, EncodedPictures.Decode(source.Configuration, stream));
    }

    [Fact]
    public void Slice_data_stays_as_it_is()
    {
        var source = EncodedPictures.Make("high", "open-gop=1:bframes=3:b-pyramid=normal:slices=2:keyint=15:min-keyint=15:scenecut=0", 45);
        var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId);
        foreach (var sample in source.Samples.Skip(Points(source)[0]))
        {
            if (rebaser.Rebase(sample.Data) is not { } rebased)
            {
                continue;
            }

            foreach (var (was, isNow) in source.SlicesOf(sample).Zip(source.SlicesOf(sample with { Data = rebased })))
            {
                Assert.Equal(Data(was), Data(isNow));
            }
        }

        string Data(NalUnit slice)
        {
            var header = SliceHeader.Parse(slice.Bytes.Span, source.Configuration);
            return Convert.ToHexString(NalUnit.Unescape(slice.Bytes.Span).AsSpan((int)header.DataPosition / 8));
        }
    }

    [Fact]
    public void From_an_IDR_picture_on_nothing_changes()
    {
        var source = EncodedPictures.Make("high", "open-gop=1:bframes=2:keyint=15:min-keyint=15:scenecut=0", 45);
        var point = Points(source)[1];
        var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId);
        var twice = source.Samples.Skip(point).Concat(source.Samples)
            .Select(sample => (Was: sample.Data, Now: rebaser.Rebase(sample.Data)))
            .ToList();
        Assert.NotEqual(twice[0].Was, twice[0].Now);
        Assert.All(twice.Skip(source.Samples.Count - point), unit => Assert.Equal(unit.Was, unit.Now));

        var fromIdr = new RandomAccessRebaser(source.Configuration, IdrPicId);
        Assert.All(source.Samples, sample => Assert.Equal(sample.Data, fromIdr.Rebase(sample.Data)));
    }

    [Fact]
    public void Decoding_does_not_begin_at_an_intra_picture_that_promises_nothing()
    {
        // At a cut sooner than min-keyint x264 makes an intra picture, behind which pictures refer to those before it.
        var source = EncodedPictures.Make(
            "high", "keyint=250:min-keyint=200:scenecut=100:ref=4:bframes=0", 40, filter: "negate=enable='gt(mod(t,0.4),0.2)'");
        var intra = source.Samples.Index().Where(indexed => indexed.Index > 0 && source.SlicesOf(indexed.Item).All(IsIntra)).ToList();
        Assert.NotEmpty(intra);
        Assert.Contains(intra, indexed => indexed.Index < 39 && Header(source.Samples[indexed.Index + 1]).ReferenceCount0 > 1);
        Assert.DoesNotContain(intra, indexed => AccessUnit.Parse(indexed.Item.Data, 4).IsRandomAccess);

        var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId);
        Assert.Equal("recovery_point", Assert.Throws<SampleFormatException>(() => rebaser.Rebase(intra[0].Item.Data)).Field);

        SliceHeader Header(Sample sample) => SliceHeader.Parse(source.SlicesOf(sample).First().Bytes.Span, source.Configuration);

        bool IsIntra(NalUnit slice) => SliceHeader.Parse(slice.Bytes.Span, source.Configuration).Type == SliceType.I;
    }

    [Fact]
    public void Parameter_sets_among_the_pictures_are_those_of_the_configuration()
    {
        var source = EncodedPictures.Make("high", "open-gop=1:bframes=2:keyint=15:min-keyint=15:scenecut=0", 45);
        var other = EncodedPictures.Make("main", "cabac=0", 1).Configuration;
        var first = source.Samples[Points(source)[0]].Data;

        var same = With(source.Configuration.PictureParameterSets[0]);
        Assert.Equal(same.Length, Rebased(same).Length + first.Length - Rebased(first).Length);
        Assert.Equal("parameter_set", Assert.Throws<SampleFormatException>(() => Rebased(With(other.PictureParameterSets[0]))).Field);

        ReadOnlyMemory<byte> With(ReadOnlyMemory<byte> unit) => (byte[])[.. EncodedPictures.Join([unit.ToArray()]).Span, .. first.Span];

        ReadOnlyMemory<byte> Rebased(ReadOnlyMemory<byte> unit) => new RandomAccessRebaser(source.Configuration, 0).Rebase(unit)!.Value;
    }

    [Fact]
    public void A_missing_picture_is_told()
    {
        var source = EncodedPictures.Make("high", "open-gop=1:bframes=1:b-adapt=0:keyint=15:min-keyint=15:scenecut=0", 45);
        var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId);
        var point = Points(source)[0];
        rebaser.Rebase(source.Samples[point].Data);
        var missing = source.Samples.Skip(point + 1).First(sample => source.SlicesOf(sample).First().RefIdc != 0);
        var behind = source.Samples.SkipWhile(sample => sample != missing).Skip(1);
        var error = Assert.Throws<SampleFormatException>(() => rebaser.Rebase(behind.First().Data));
        Assert.Equal("frame_num", error.Field);
    }

    [Fact]
    public void Changed_bytes_are_rebased_or_refused()
    {
        var source = EncodedPictures.Make("high", "open-gop=1:bframes=3:b-pyramid=normal:ref=4:keyint=15:min-keyint=15:scenecut=0", 45);
        var random = new Random(7);
        var point = Points(source)[0];
        for (var i = 0; i < 3_000; i++)
        {
            var rebaser = new RandomAccessRebaser(source.Configuration, IdrPicId);
            Refusal.OfSample(() =>
            {
                foreach (var sample in source.Samples.Skip(point).Take(10))
                {
                    var changed = sample.Data.ToArray();
                    if (random.Next(3) == 0)
                    {
                        changed[random.Next(Math.Min(changed.Length, 24))] = (byte)random.Next(256);
                    }

                    RandomAccessRebaser.IdrPicIdOf(changed, source.Configuration);
                    rebaser.Rebase(changed.AsMemory(0, random.Next(10) == 0 ? random.Next(changed.Length) : changed.Length));
                }
            });
        }
    }

    /// <summary>Indices of random access points that are no IDR pictures.</summary>
    private static List<int> Points(EncodedPictures source) =>
    [
        .. source.Samples.Index().Where(indexed => AccessUnit.Parse(indexed.Item.Data, 4) is { IsRandomAccess: true, IsIdr: false })
            .Select(indexed => indexed.Index),
    ];
}
