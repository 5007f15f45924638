//! Charts as inline SVG.

use std::fmt::Write;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 30.0;

/// A line over the minutes of the run for each series, with hours below and counts at the left.
pub(super) fn lines(series: &[(&str, &str, Vec<u32>)]) -> String {
    let most = series.iter().flat_map(|s| &s.2).copied().max().unwrap_or(0).max(1);
    let minutes = series.iter().map(|s| s.2.len()).max().unwrap_or(0).max(2);
    let x = |i: usize| LEFT + (WIDTH - LEFT) * i as f64 / (minutes - 1) as f64;
    let y = |v: f64| (HEIGHT - BOTTOM) * (1.0 - v / f64::from(most));
    let mut svg = open(HEIGHT);
    for part in 0..=4u32 {
        let value = f64::from(most) * f64::from(part) / 4.0;
        put(
            &mut svg,
            format_args!("<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>", y(value)),
        );
        put(
            &mut svg,
            format_args!(
                "<text class=\"end\" x=\"{}\" y=\"{:.1}\">{value:.0}</text>",
                LEFT - 6.0,
                y(value).max(10.0) + 2.0
            ),
        );
    }
    let hours = minutes / 60;
    for hour in (0..=hours).step_by((hours / 12).max(1)) {
        let at = x((hour * 60).min(minutes - 1));
        put(
            &mut svg,
            format_args!("<text class=\"mid\" x=\"{at:.1}\" y=\"{}\">{}:00</text>", HEIGHT - 10.0, hour % 24),
        );
    }
    for (i, (label, colour, values)) in series.iter().enumerate() {
        let points: Vec<String> =
            values.iter().enumerate().map(|(i, v)| format!("{:.1},{:.1}", x(i), y(f64::from(*v)))).collect();
        put(
            &mut svg,
            format_args!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1\" points=\"{}\"/>",
                points.join(" ")
            ),
        );
        put(
            &mut svg,
            format_args!(
                "<text fill=\"{colour}\" x=\"{}\" y=\"{}\">{}</text>",
                LEFT + 10.0,
                14 + 16 * i,
                escape(label)
            ),
        );
    }
    svg + "</svg>"
}

/// One bar for each row, labels at the left.
pub(super) fn bars(rows: &[(String, u64)], colour: &str) -> String {
    const ROW: f64 = 22.0;
    const LABEL: f64 = 330.0;
    let most = rows.iter().map(|r| r.1).max().unwrap_or(0).max(1) as f64;
    let mut svg = open(ROW * rows.len().max(1) as f64 + 4.0);
    if rows.is_empty() {
        svg += "<text x=\"10\" y=\"16\">—</text>";
    }
    for (i, (label, value)) in rows.iter().enumerate() {
        let top = ROW * i as f64;
        let width = (WIDTH - LABEL - 90.0) * *value as f64 / most;
        put(
            &mut svg,
            format_args!("<text class=\"end\" x=\"{}\" y=\"{}\">{}</text>", LABEL - 8.0, top + 15.0, escape(label)),
        );
        put(
            &mut svg,
            format_args!(
                "<rect fill=\"{colour}\" x=\"{LABEL}\" y=\"{}\" width=\"{width:.1}\" height=\"16\"/>",
                top + 2.0
            ),
        );
        put(&mut svg, format_args!("<text x=\"{:.1}\" y=\"{}\">{value}</text>", LABEL + width + 6.0, top + 15.0));
    }
    svg + "</svg>"
}

fn open(height: f64) -> String {
    format!("<svg role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\">")
}

fn put(svg: &mut String, part: std::fmt::Arguments<'_>) {
    svg.write_fmt(part).expect("writing to a string cannot fail");
}

/// Text that is only text in a page.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_of_nothing_and_of_much_stay_in_their_frame() {
        assert!(lines(&[("x", "#000", Vec::new())]).ends_with("</svg>"));
        assert!(bars(&[], "#000").contains("—"));
        let chart = bars(&[("a<b".to_owned(), 10), ("c".to_owned(), 0)], "#123456");
        assert!(chart.contains("a&lt;b") && chart.contains("width=\"540.0\"") && chart.contains("width=\"0.0\""));
    }
}
