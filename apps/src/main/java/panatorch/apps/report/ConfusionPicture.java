package panatorch.apps.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import panatorch.apps.console.Printable;

/** Draws a confusion matrix. Rows are the true classes, columns the predicted ones; the colour is the part of the row. */
public final class ConfusionPicture {
    private ConfusionPicture() {}

    private static final Color DARK = new Color(8, 48, 107);
    private static final int LEAST_MARGIN = 110, LONGEST_NAME = 320, GAP = 6, MOST_NUMBERED = 25;

    public static byte[] png(long[][] counts, List<String> names) throws IOException {
        int n = counts.length, cell = Math.max(5, Math.min(44, 700 / n)), size = n * cell;
        var font = new Font(Font.SANS_SERIF, Font.PLAIN, Math.clamp(cell / 2 + 1, 6, 12));
        FontMetrics measures = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics().getFontMetrics(font);
        List<String> shown =
                n > 2 * MOST_NUMBERED ? List.of() : names.stream().map(name -> shortened(Printable.line(name), measures)).toList();
        int margin = Math.max(LEAST_MARGIN, shown.stream().mapToInt(measures::stringWidth).max().orElse(0) + 2 * GAP);
        var image = new BufferedImage(margin + size + 20, margin + size + 20, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        g.setFont(font);
        for (int i = 0; i < n; i++) {
            long row = 0;
            for (long c : counts[i]) row += c;
            for (int j = 0; j < n; j++) {
                double part = row == 0 ? 0 : (double) counts[i][j] / row;
                int x = margin + j * cell, y = margin + i * cell;
                g.setColor(mix(part));
                g.fillRect(x, y, cell - 1, cell - 1);
                if (n > MOST_NUMBERED || counts[i][j] == 0) continue;
                g.setColor(part > 0.25 ? Color.WHITE : Color.BLACK);
                String text = Long.toString(counts[i][j]);
                g.drawString(text, x + (cell - g.getFontMetrics().stringWidth(text)) / 2,
                        y + (cell + g.getFontMetrics().getAscent()) / 2 - 2);
            }
        }
        names(g, shown, cell, margin);
        g.setColor(Color.GRAY);
        g.drawString("predicted →", 6, 16);
        g.drawString("true ↓", 6, 32);
        g.dispose();
        var png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        return png.toByteArray();
    }

    private static String shortened(String name, FontMetrics measures) {
        String text = name;
        for (int most = name.codePointCount(0, name.length()) - 1; most > 0 && measures.stringWidth(text) > LONGEST_NAME; most--)
            text = Printable.shortened(name, most);
        return text;
    }

    private static void names(Graphics2D g, List<String> names, int cell, int margin) {
        g.setColor(Color.BLACK);
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            int at = margin + i * cell + cell / 2 + g.getFontMetrics().getAscent() / 2 - 1;
            g.drawString(name, margin - GAP - g.getFontMetrics().stringWidth(name), at);
            var turned = (Graphics2D) g.create();
            turned.rotate(-Math.PI / 2, at, margin - GAP);
            turned.drawString(name, at, margin - GAP);
            turned.dispose();
        }
    }

    private static Color mix(double part) {
        double p = Math.sqrt(part); // the root makes rare confusions visible
        return new Color((int) (247 + p * (DARK.getRed() - 247)), (int) (251 + p * (DARK.getGreen() - 251)),
                (int) (255 + p * (DARK.getBlue() - 255)));
    }
}
