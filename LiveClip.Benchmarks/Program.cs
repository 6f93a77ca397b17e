using System.Globalization;
using LiveClip.Benchmarks;

// Started by the scripts beside it.
switch (args)
{
    case ["ingest", var server, var file, var streams, var process, var warmUp, var measured, .. var address]:
        await IngestAsync(new Uri(server), file, Number(streams), Number(process), Number(warmUp), Number(measured), address);
        return 0;

    case ["clips", var address, var server, var file, var minutes, var rounds, var process, var whole]:
        using (var api = new LiveClipApi(new Uri(address)))
        {
            var times = new ClipTimes(api, Number(minutes), Number(rounds), Number(process));
            await times.RecordAsync(new Uri(server), await MediaLoop.ReadAsync(file));
            await times.MeasureAsync(whole);
        }

        return 0;

    case ["viewers", var address, var server, var file, var count, var stopped, var process, var warmUp, var measured]:
        await new ViewerRows(new Uri(address), Number(process), Number(warmUp), Number(measured))
            .MeasureAsync(new Uri(server), await MediaLoop.ReadAsync(file), Number(count), Number(stopped));
        return 0;

    case ["listed", var address, var server, var file, var warmUp, var measured]:
        await new LatencyRows(new Uri(server), await MediaLoop.ReadAsync(file), Number(warmUp), Number(measured)).ListedAsync(new Uri(address));
        return 0;

    case ["shown", var name, var address, var server, var file, var script, var chromium, var warmUp, var measured]:
        await new LatencyRows(new Uri(server), await MediaLoop.ReadAsync(file), Number(warmUp), Number(measured))
            .ShownAsync(name, name == "LiveClip" ? new Uri(address) : null, address, script, chromium);
        return 0;

    case ["dvr", var hours]:
        new DvrTimes(Number(hours)).Measure();
        return 0;

    default:
        await Console.Error.WriteLineAsync(
            """
            LiveClip.Benchmarks ingest RTMP-URL FLV STREAMS SERVER-PROCESS WARM-UP-SECONDS SECONDS [API-URL]
            LiveClip.Benchmarks viewers API-URL RTMP-URL FLV VIEWERS STOPPED SERVER-PROCESS WARM-UP-SECONDS SECONDS
            LiveClip.Benchmarks listed API-URL RTMP-URL FLV WARM-UP-SECONDS SECONDS
            LiveClip.Benchmarks shown LiveClip API-URL RTMP-URL FLV HLS-SCRIPT CHROMIUM WARM-UP-SECONDS SECONDS
            LiveClip.Benchmarks shown NAME PLAYLIST-URL RTMP-URL FLV HLS-SCRIPT CHROMIUM WARM-UP-SECONDS SECONDS
            LiveClip.Benchmarks dvr HOURS
            LiveClip.Benchmarks clips API-URL RTMP-URL FLV MINUTES ROUNDS SERVER-PROCESS MP4
            """);
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

// Prints CPU seconds per stream-minute, the loader's own; bytes of memory idle and at the end; send lag p50, p99 and maximum in milliseconds.
static async Task IngestAsync(Uri server, string file, int streams, int serverId, int warmUp, int seconds, string[] address)
{
    var media = await MediaLoop.ReadAsync(file);
    var keys = await KeysAsync(streams, address);
    var idle = ProcessUsage.Read(serverId);
    var publishers = keys.Select(key => PublishingSocket.Connect(server, key)).ToList();
    var load = new IngestLoad(media, publishers);
    load.Start();
    load.Run(TimeSpan.FromSeconds(warmUp));

    var (before, ownBefore) = (ProcessUsage.Read(serverId), Environment.CpuUsage.TotalTime);
    var lags = load.Run(TimeSpan.FromSeconds(seconds));
    var (after, ownAfter) = (ProcessUsage.Read(serverId), Environment.CpuUsage.TotalTime);
    publishers.ForEach(publisher => publisher.Dispose());

    var streamMinutes = streams * seconds / 60.0;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{(after.Cpu - before.Cpu).TotalSeconds / streamMinutes:F4} {(ownAfter - ownBefore).TotalSeconds / streamMinutes:F4} "
        + $"{idle.Memory} {after.Memory} {lags[lags.Count / 2]:F2} {lags[lags.Count * 99 / 100]:F2} {lags[^1]:F2}"));
}

// Of live streams that are created for it, or just names for a server that asks for none.
static async Task<List<string>> KeysAsync(int streams, string[] address)
{
    if (address is [])
    {
        return [.. Enumerable.Range(1, streams).Select(number => $"stream{number}")];
    }

    using var api = new LiveClipApi(new Uri(address[0]));
    var keys = new List<string>();
    while (keys.Count < streams)
    {
        keys.Add((await api.CreateStreamAsync()).Key);
    }

    return keys;
}
