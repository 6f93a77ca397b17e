using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.OnAir;

public class BroadcastReaderTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private readonly ManualTimeProvider _time = new();
    private readonly PublisherBrake _brake = new();

    [Fact]
    public async Task Samples_come_in_publishing_order_until_the_broadcast_ends()
    {
        using var reader = Reader(maxBytes: 1_000_000);
        var samples = Encode(new SyntheticEncoder(), 2);
        samples.ForEach(reader.Offer);
        reader.Complete();

        Assert.Equal(samples, await ReadAsync(reader));
        Assert.Equal(0, reader.Dropped);
    }

    [Fact]
    public async Task A_full_queue_drops_up_to_the_next_sync_sample_counts_and_says_so()
    {
        // 100 bytes a picture: 25 fit.
        using var reader = Reader(maxBytes: 2_500);
        var samples = Encode(new SyntheticEncoder { Gop = 20, Sound = null }, 3);
        samples.Take(30).ToList().ForEach(reader.Offer);
        await using var reading = reader.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        var read = new List<Sample>();
        for (var i = 0; i < 25; i++)
        {
            Assert.True(await reading.MoveNextAsync());
            read.Add(reading.Current!);
        }

        // Room again, but 30 to 39 refer to pictures that are gone.
        samples.Skip(30).Take(20).ToList().ForEach(reader.Offer);
        reader.Complete();
        while (await reading.MoveNextAsync())
        {
            read.Add(reading.Current!);
        }

        Assert.Equal(
            [.. Enumerable.Range(0, 25), .. Enumerable.Range(40, 10)],
            read.Select(sample => samples.FindIndex(s => s.Data.Equals(sample.Data))));
        Assert.Equal(40, samples.FindIndex(s => s.Data.Equals(Assert.Single(read, sample => sample.FollowsHole).Data)));
        Assert.Equal(15, reader.Dropped);
    }

    [Fact]
    public async Task Sound_beside_pictures_waits_for_their_sync_sample_too()
    {
        using var reader = Reader(maxBytes: 2_500);
        var samples = Encode(new SyntheticEncoder { Gop = 30 }, 4);
        foreach (var sample in samples)
        {
            reader.Offer(sample);
            if (sample.DecodeTime > 90_000 && sample.Track is VideoTrack)
            {
                break;
            }
        }

        var dropped = reader.Dropped;
        Assert.True(dropped > 0);
        reader.Complete();
        Assert.Equal(25, (await ReadAsync(reader)).Count);
    }

    [Fact]
    public async Task Sound_alone_goes_on_as_soon_as_there_is_room()
    {
        using var reader = Reader(maxBytes: 2_500);
        var samples = Encode(new SyntheticEncoder { Pictures = null }, 2);
        samples.Take(40).ToList().ForEach(reader.Offer);
        await using var reading = reader.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        for (var i = 0; i < 25; i++)
        {
            Assert.True(await reading.MoveNextAsync());
        }

        reader.Offer(samples[50]);
        reader.Complete();
        Assert.True(await reading.MoveNextAsync());
        Assert.Equal((samples[50].Data, true), (reading.Current!.Data, reading.Current.FollowsHole));
    }

    [Fact]
    public void What_is_older_than_the_bound_counts_as_full_however_small_it_is()
    {
        using var reader = Reader(maxBytes: 1_000_000);
        var samples = Encode(new SyntheticEncoder { Gop = 30, Sound = null }, 3);
        reader.Offer(samples[0]);
        _time.Advance(TimeSpan.FromSeconds(10));
        reader.Offer(samples[1]);
        Assert.Equal(0, reader.Dropped);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        reader.Offer(samples[2]);
        Assert.Equal(1, reader.Dropped);
    }

    [Fact]
    public async Task Samples_without_weight_are_bounded_by_their_number()
    {
        using var reader = Reader(maxBytes: 1_000_000);
        var sample = Encode(new SyntheticEncoder { Sound = null }, 1)[0] with { Data = new byte[1] };
        Enumerable.Range(0, 10_000).ToList().ForEach(_ => reader.Offer(sample));
        Assert.True(_brake.WaitAsync(Token).IsCompleted);
        Enumerable.Range(0, 10_001).ToList().ForEach(_ => reader.Offer(sample));
        Assert.False(_brake.WaitAsync(Token).IsCompleted);
        reader.Complete();
        Assert.Equal((20_000, 1), ((await ReadAsync(reader)).Count, reader.Dropped));
        Assert.True(_brake.WaitAsync(Token).IsCompleted);
    }

    [Fact]
    public async Task Half_full_it_brakes_and_half_empty_it_lets_go()
    {
        using var reader = Reader(maxBytes: 1_000);
        var samples = Encode(new SyntheticEncoder { Gop = 5, Sound = null }, 1);
        samples.Take(5).ToList().ForEach(reader.Offer);
        Assert.True(_brake.WaitAsync(Token).IsCompleted);
        reader.Offer(samples[5]);
        var waiting = _brake.WaitAsync(Token);
        Assert.False(waiting.IsCompleted);

        await using var reading = reader.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        await reading.MoveNextAsync();
        await Eventually.EndsAsync(waiting, Bound);
    }

    [Fact]
    public async Task A_reader_that_is_gone_brakes_nobody_and_takes_nothing()
    {
        var reader = Reader(maxBytes: 1_000);
        var samples = Encode(new SyntheticEncoder { Sound = null }, 1);
        samples.Take(8).ToList().ForEach(reader.Offer);
        var waiting = _brake.WaitAsync(Token);
        Assert.False(waiting.IsCompleted);

        reader.Dispose();
        reader.Offer(samples[8]);
        reader.Complete();

        await Eventually.EndsAsync(waiting, Bound);
        Assert.Empty(await ReadAsync(reader));
    }

    [Fact]
    public async Task A_waiting_reader_wakes_for_the_next_sample_and_for_the_end()
    {
        using var reader = Reader(maxBytes: 1_000);
        var reading = ReadAsync(reader);
        Assert.False(reading.IsCompleted);
        var sample = Encode(new SyntheticEncoder(), 1)[0];
        reader.Offer(sample);
        reader.Complete();
        Assert.Equal([sample], await Eventually.EndsAsync(reading, Bound));
    }

    [Fact]
    public async Task The_end_of_a_publication_stands_between_its_samples_and_the_next_ones()
    {
        using var reader = Reader(maxBytes: 1_000_000);
        var samples = Encode(new SyntheticEncoder(), 1);
        reader.EndPublication();
        reader.Offer(samples[0]);
        for (var publication = 0; publication < 1_000; publication++)
        {
            reader.EndPublication();
        }

        reader.Offer(samples[1]);
        reader.EndPublication();
        reader.Complete();

        var read = new List<Sample?>();
        await foreach (var sample in reader.ReadAllAsync(Token))
        {
            read.Add(sample);
        }

        Assert.Equal([samples[0], null, samples[1], null], read);
    }

    [Fact]
    public async Task The_brake_waits_for_all_that_hold_it()
    {
        var (first, second) = (new object(), new object());
        _brake.Apply(first);
        _brake.Apply(first);
        _brake.Apply(second);
        var waiting = _brake.WaitAsync(Token);
        _brake.Release(first);
        _brake.Release(first);
        Assert.False(waiting.IsCompleted);
        _brake.Release(second);
        await Eventually.EndsAsync(waiting, Bound);
        Assert.True(_brake.WaitAsync(Token).IsCompleted);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private BroadcastReader Reader(long maxBytes) => new(maxBytes, TimeSpan.FromSeconds(10), _brake, _time);

    private List<Sample> Encode(SyntheticEncoder encoder, double seconds) =>
        [.. encoder.Encode(seconds).Select(sample => sample with { Arrival = _time.GetTimestamp() })];

    private static async Task<List<Sample>> ReadAsync(BroadcastReader reader)
    {
        var read = new List<Sample>();
        await foreach (var sample in reader.ReadAllAsync(Token))
        {
            read.Add(Assert.IsType<Sample>(sample));
        }

        return read;
    }
}
