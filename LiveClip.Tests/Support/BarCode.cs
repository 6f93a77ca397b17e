namespace LiveClip.Tests.Support;

/// <summary>
/// A picture's number as black and white boxes in its top fifth: two rows of 20 boxes, 32 bits of number and 8 of check sum, most
/// significant first. Placed in fractions of the picture and read from the middle of each box, it survives compression and scaling.
/// </summary>
public static class BarCode
{
    private const int Columns = 20;
    private const int Rows = 2;
    private const int RowsInPicture = 10;
    private const byte Black = 16;
    private const byte White = 235;
    private const int SurelyBlack = 80;
    private const int SurelyWhite = 176;

    /// <summary>Draws into the luma plane of a picture.</summary>
    public static void Draw(Span<byte> luma, int width, int height, int number)
    {
        var code = ((ulong)(uint)number << 8) | CheckSum((uint)number);
        for (var box = 0; box < Columns * Rows; box++)
        {
            var level = (code >> (Columns * Rows - 1 - box) & 1) == 1 ? White : Black;
            var (left, top, right, bottom) = Box(box, width, height);
            for (var y = top; y < bottom; y++)
            {
                luma[(y * width + left)..(y * width + right)].Fill(level);
            }
        }
    }

    /// <summary>The number in a gray picture; null when any box is neither black nor white, or the check sum is wrong.</summary>
    public static int? Read(ReadOnlySpan<byte> gray, int width, int height)
    {
        ulong code = 0;
        for (var box = 0; box < Columns * Rows; box++)
        {
            var level = Level(gray, width, Box(box, width, height));
            if (level is > SurelyBlack and < SurelyWhite)
            {
                return null;
            }
            code = code << 1 | (level >= SurelyWhite ? 1u : 0u);
        }
        var number = (uint)(code >> 8);
        return (byte)code == CheckSum(number) ? (int)number : null;
    }

    private static (int Left, int Top, int Right, int Bottom) Box(int box, int width, int height)
    {
        var (row, column) = Math.DivRem(box, Columns);
        return (column * width / Columns, row * height / RowsInPicture, (column + 1) * width / Columns, (row + 1) * height / RowsInPicture);
    }

    /// <summary>The mean of the middle of a box: its edges are blurred by compression and scaling.</summary>
    private static int Level(ReadOnlySpan<byte> gray, int width, (int Left, int Top, int Right, int Bottom) box)
    {
        var marginX = (box.Right - box.Left) / 4;
        var marginY = (box.Bottom - box.Top) / 4;
        var sum = 0;
        var count = 0;
        for (var y = box.Top + marginY; y < box.Bottom - marginY; y++)
        {
            for (var x = box.Left + marginX; x < box.Right - marginX; x++)
            {
                sum += gray[y * width + x];
                count++;
            }
        }
        return sum / count;
    }

    /// <summary>CRC-8 (x⁸ + x² + x + 1) begun with ones, so that neither an all black nor an all white picture is a number.</summary>
    private static byte CheckSum(uint number)
    {
        byte remainder = 0xFF;
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            remainder ^= (byte)(number >> shift);
            for (var bit = 0; bit < 8; bit++)
            {
                remainder = (byte)((remainder & 0x80) != 0 ? remainder << 1 ^ 0x07 : remainder << 1);
            }
        }
        return remainder;
    }
}
