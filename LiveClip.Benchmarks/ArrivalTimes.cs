using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace LiveClip.Benchmarks;

/// <summary>
/// When bytes came, by the kernel's own note (socket(7), SO_TIMESTAMPNS): what a load generator needs to see to a thousand connections is no
/// part of what their server took.
/// </summary>
internal static unsafe class ArrivalTimes
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int Timestamp = 35; // SO_TIMESTAMPNS, and SCM_TIMESTAMPNS
    private const int ControlLength = 64;
    private const int WouldBlock = 11; // EAGAIN

    public static void Note(Socket socket) => socket.SetRawSocketOption(SocketLevel, Timestamp, BitConverter.GetBytes(1));

    /// <returns>How many bytes came; null when there are none now.</returns>
    /// <param name="arrived">When the last of them came, as <see cref="Stopwatch.GetTimestamp"/> would have said.</param>
    public static int? Receive(Socket socket, Span<byte> buffer, out long arrived)
    {
        var control = stackalloc byte[ControlLength];
        fixed (byte* bytes = buffer)
        {
            var piece = new Piece { Bytes = bytes, Length = (nuint)buffer.Length };
            var message = new Message { Pieces = &piece, PieceCount = 1, Control = control, ControlLength = ControlLength };
            var count = recvmsg((int)socket.Handle, ref message, 0);
            arrived = Stopwatch.GetTimestamp();
            if (count < 0)
            {
                return Marshal.GetLastPInvokeError() == WouldBlock ? null : throw new IOException("The server broke a viewer's connection.");
            }

            var note = (ControlHead*)control;
            if (message.ControlLength >= (nuint)sizeof(ControlHead) && note->Level == SocketLevel && note->Type == Timestamp)
            {
                var since = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks - ((note->Seconds * TimeSpan.TicksPerSecond) + (note->Nanoseconds / 100));
                arrived -= since * (Stopwatch.Frequency / TimeSpan.TicksPerSecond);
            }

            return (int)count;
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint recvmsg(int socket, ref Message message, int flags);

    /// <summary>iovec</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Piece
    {
        public byte* Bytes;
        public nuint Length;
    }

    /// <summary>msghdr</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint PieceCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>cmsghdr, and the timespec behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlHead
    {
        public nuint Length;
        public int Level;
        public int Type;
        public long Seconds;
        public long Nanoseconds;
    }
}
