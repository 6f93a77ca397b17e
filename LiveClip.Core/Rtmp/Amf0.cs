using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// AMF0 values in and out (AMF 0 specification, 2007): number = <see cref="double"/>, boolean = <see cref="bool"/>, string,
/// object and ECMA array = <see cref="OrderedDictionary{TKey, TValue}"/>, strict array = list, date = <see cref="DateTimeOffset"/>,
/// null and undefined = null. Depth, number and length are limited before anything is allocated for them.
/// </summary>
public static class Amf0
{
    /// <summary>All values of a payload, in order.</summary>
    /// <exception cref="RtmpProtocolException">A value is cut off, of an unknown type, or past a limit.</exception>
    public static IReadOnlyList<object?> ReadAll(ReadOnlySpan<byte> payload, RtmpLimits limits)
    {
        var reader = new Reader(payload, limits);
        var values = new List<object?>();
        while (!reader.IsAtEnd)
        {
            values.Add(reader.ReadValue(depth: 0));
        }

        return values;
    }

    /// <summary>A dictionary is written as an object, in its own order.</summary>
    public static void Write(IBufferWriter<byte> output, object? value)
    {
        switch (value)
        {
            case null:
                WriteMarker(output, Marker.Null);
                break;

            case double number:
                WriteMarker(output, Marker.Number);
                BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), number);
                output.Advance(8);
                break;

            case bool boolean:
                WriteMarker(output, Marker.Boolean);
                output.Write<byte>([boolean ? (byte)1 : (byte)0]);
                break;

            case string text when Encoding.UTF8.GetByteCount(text) > ushort.MaxValue:
                WriteMarker(output, Marker.LongString);
                WriteUInt32(output, (uint)Encoding.UTF8.GetByteCount(text));
                output.Write(Encoding.UTF8.GetBytes(text));
                break;

            case string text:
                WriteMarker(output, Marker.String);
                WriteShortString(output, text);
                break;

            case OrderedDictionary<string, object?> properties:
                WriteMarker(output, Marker.Object);
                foreach (var (name, property) in properties)
                {
                    WriteShortString(output, name);
                    Write(output, property);
                }

                WriteShortString(output, "");
                WriteMarker(output, Marker.ObjectEnd);
                break;

            case IReadOnlyList<object?> elements:
                WriteMarker(output, Marker.StrictArray);
                WriteUInt32(output, (uint)elements.Count);
                foreach (var element in elements)
                {
                    Write(output, element);
                }

                break;

            case DateTimeOffset date:
                // §2.13: milliseconds since 1970 as a number, then a time zone that is always 0
                WriteMarker(output, Marker.Date);
                BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), date.ToUnixTimeMilliseconds());
                output.Advance(8);
                output.Write<byte>([0, 0]);
                break;

            default:
                throw new ArgumentException($"AMF0 has no type for {value.GetType().Name}", nameof(value));
        }
    }

    private static void WriteMarker(IBufferWriter<byte> output, Marker marker) => output.Write<byte>([(byte)marker]);

    private static void WriteUInt32(IBufferWriter<byte> output, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    private static void WriteShortString(IBufferWriter<byte> output, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), checked((ushort)bytes.Length));
        output.Advance(2);
        output.Write(bytes);
    }

    /// <summary>Type markers (§2.1).</summary>
    private enum Marker : byte
    {
        Number = 0x00,
        Boolean = 0x01,
        String = 0x02,
        Object = 0x03,
        Null = 0x05,
        Undefined = 0x06,
        EcmaArray = 0x08,
        ObjectEnd = 0x09,
        StrictArray = 0x0A,
        Date = 0x0B,
        LongString = 0x0C,
        Unsupported = 0x0D,
        XmlDocument = 0x0F,
        TypedObject = 0x10,
    }

    private ref struct Reader(ReadOnlySpan<byte> payload, RtmpLimits limits)
    {
        private readonly ReadOnlySpan<byte> _payload = payload;
        private int _position;
        private int _nodes;

        public readonly bool IsAtEnd => _position == _payload.Length;

        public object? ReadValue(int depth)
        {
            if (++_nodes > limits.AmfNodes)
            {
                throw Broken($"more than {limits.AmfNodes} values");
            }

            var marker = (Marker)Take(1)[0];
            switch (marker)
            {
                case Marker.Number:
                    return BinaryPrimitives.ReadDoubleBigEndian(Take(8));

                case Marker.Boolean:
                    return Take(1)[0] != 0;

                case Marker.String:
                    return ReadShortString();

                case Marker.LongString or Marker.XmlDocument:
                    return ReadString(BinaryPrimitives.ReadUInt32BigEndian(Take(4)));

                case Marker.Null or Marker.Undefined or Marker.Unsupported:
                    return null;

                case Marker.Object:
                    return ReadProperties(Deeper(depth));

                case Marker.EcmaArray:
                    Take(4); // How many, but §2.10 ends it like an object, and some encoders write 0.
                    return ReadProperties(Deeper(depth));

                case Marker.TypedObject:
                    ReadShortString(); // Class name.
                    return ReadProperties(Deeper(depth));

                case Marker.StrictArray:
                    return ReadElements(Deeper(depth));

                case Marker.Date:
                    return ReadDate();

                default:
                    throw Broken($"type marker 0x{(byte)marker:X2} is not supported");
            }
        }

        private OrderedDictionary<string, object?> ReadProperties(int depth)
        {
            var properties = new OrderedDictionary<string, object?>();
            while (true)
            {
                var name = ReadShortString();
                if (name.Length == 0 && !IsAtEnd && (Marker)_payload[_position] == Marker.ObjectEnd)
                {
                    _position++;
                    return properties;
                }

                properties[name] = ReadValue(depth);
            }
        }

        private List<object?> ReadElements(int depth)
        {
            var count = BinaryPrimitives.ReadUInt32BigEndian(Take(4));
            var elements = new List<object?>();
            for (var i = 0u; i < count; i++)
            {
                elements.Add(ReadValue(depth));
            }

            return elements;
        }

        private DateTimeOffset ReadDate()
        {
            var milliseconds = BinaryPrimitives.ReadDoubleBigEndian(Take(8));
            Take(2);
            return Math.Abs(milliseconds) < 62e12 // NaN and what lies beyond the years 5 to 3934 fail this.
                ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds)
                : throw Broken("a date is out of range");
        }

        private string ReadShortString() => ReadString(BinaryPrimitives.ReadUInt16BigEndian(Take(2)));

        private string ReadString(uint length) => length <= limits.AmfStringBytes
            ? Encoding.UTF8.GetString(Take((int)length))
            : throw Broken($"a string of {length} bytes; the limit is {limits.AmfStringBytes}");

        // Recursion as deep as this limit fits any stack; a stack overflow could not be caught.
        private readonly int Deeper(int depth) => depth < limits.AmfDepth
            ? depth + 1
            : throw Broken($"more than {limits.AmfDepth} objects inside each other");

        private ReadOnlySpan<byte> Take(int count)
        {
            if (count > _payload.Length - _position)
            {
                throw Broken($"{count} bytes wanted, {_payload.Length - _position} left");
            }

            var taken = _payload.Slice(_position, count);
            _position += count;
            return taken;
        }

        private readonly RtmpProtocolException Broken(string rule) => new($"AMF0 byte {_position}", rule);
    }
}
