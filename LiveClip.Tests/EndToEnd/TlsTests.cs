using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

public sealed class TlsTests
{
    [Fact]
    public async Task With_a_certificate_the_server_speaks_http_2()
    {
        using var folder = new TempFolder();
        var (certificate, key) = await MakeCertificateAsync(folder);
        await using var server = await ServerProcess.StartAsync(
            folder.File("data"),
            "--Urls", "https://127.0.0.1:0",
            "--Kestrel:Certificates:Default:Path", certificate,
            "--Kestrel:Certificates:Default:KeyPath", key);
        using var handler = new SocketsHttpHandler();
        using var trusted = X509CertificateLoader.LoadCertificateFromFile(certificate);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => trusted.Equals(shown);
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };

        using var answer = await client.GetAsync(new Uri(server.Http, "/healthz/live"), TestContext.Current.CancellationToken);

        Assert.Equal(Uri.UriSchemeHttps, server.Http.Scheme);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
    }

    private static async Task<(string Certificate, string Key)> MakeCertificateAsync(TempFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var files = (folder.File("server.pem"), folder.File("server.key"));
        await File.WriteAllTextAsync(files.Item1, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(files.Item2, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
