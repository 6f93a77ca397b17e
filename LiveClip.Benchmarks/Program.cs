using System.Globalization;
using LiveClip.Benchmarks;

// ingest SERVER MEDIA STREAMS PROCESS WARM-UP MEASURED [API]: see ingest.sh, which starts it.
if (args is not ["ingest", var server, var file, var streams, var process, var warmUp, var measured, .. var api])
{
    await Console.Error.WriteLineAsync("LiveClip.Benchmarks ingest RTMP-URL FLV STREAMS SERVER-PROCESS WARM-UP-SECONDS SECONDS [API-URL]");
    return 2;
}

var count = int.Parse(streams, CultureInfo.InvariantCulture);
var serverId = int.Parse(process, CultureInfo.InvariantCulture);
var seconds = double.Parse(measured, CultureInfo.InvariantCulture);
var media = await MediaLoop.ReadAsync(file);
var keys = api is [var address] ? await StreamKeySource.CreateAsync(new Uri(address), count) : StreamKeySource.Names(count);

var idle = ProcessUsage.Read(serverId);
var publishers = keys.Select(key => PublishingSocket.Connect(new Uri(server), key)).ToList();
var load = new IngestLoad(media, publishers);
load.Start();
load.Run(TimeSpan.FromSeconds(double.Parse(warmUp, CultureInfo.InvariantCulture)));

var (before, ownBefore) = (ProcessUsage.Read(serverId), Environment.CpuUsage.TotalTime);
var lags = load.Run(TimeSpan.FromSeconds(seconds));
var (after, ownAfter) = (ProcessUsage.Read(serverId), Environment.CpuUsage.TotalTime);
publishers.ForEach(publisher => publisher.Dispose());

// CPU seconds per stream-minute, its own; bytes of memory idle and at the end; send lag p50, p99 and maximum in milliseconds.
var streamMinutes = count * seconds / 60;
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{(after.Cpu - before.Cpu).TotalSeconds / streamMinutes:F4} {(ownAfter - ownBefore).TotalSeconds / streamMinutes:F4} "
    + $"{idle.Memory} {after.Memory} {lags[lags.Count / 2]:F2} {lags[lags.Count * 99 / 100]:F2} {lags[^1]:F2}"));
return 0;
