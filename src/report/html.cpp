#include "report/html.h"

#include <fmt/format.h>

#include <cassert>
#include <vector>

#include "base/text.h"
#include "report/gates_text.h"
#include "report/page_template.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string cell_html(std::string_view tag, Align align, const std::string& text) {
  return fmt::format("<{0}{1}{2}>{3}</{4}>", tag, tag == "th" ? " scope=\"col\"" : "",
                     align == Align::right ? " class=\"number\"" : "", html_escaped(text), tag);
}

std::string table_html(const RunTable& table, const std::string& caption) {
  std::string html = fmt::format("<table><caption>{}</caption><thead><tr>", html_escaped(caption));
  for (const auto& column : table.columns) html += cell_html("th", column.align, column.head);
  html += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      html += cell_html("td", table.columns[i].align, row[i]);
    }
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

/// What stands there without scripts.
std::string run_html(const Reported& reported) {
  const record::Run& run = *reported.run;
  const RunTable table = run_table(run, *reported.summary);
  std::string html = fmt::format("<section><h1>{}</h1><p class=\"meta\">{}</p>",
                                 html_escaped(answer_of(run, *reported.summary)),
                                 html_escaped(trim(run_heading(run.manifest))));
  if (!table.rows.empty()) {
    html += fmt::format("<div class=\"scroll\">{}</div>", table_html(table, run.manifest.run));
  }
  const std::string notes =
      run_notes(run, *reported.summary) + "\n" + gates_text(reported.summary->gates);
  return html + fmt::format("<pre>{}</pre></section>", html_escaped(trim(notes)));
}

/// The template with every mark replaced by its text, in the order in which they stand there.
std::string filled(std::string_view page,
                   const std::vector<std::pair<std::string_view, std::string>>& texts) {
  std::string html;
  for (const auto& [mark, text] : texts) {
    const std::size_t at = page.find(mark);
    assert(at != std::string_view::npos);
    html += page.substr(0, at);
    html += text;
    page.remove_prefix(at + mark.size());
  }
  return html += page;
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string html;
  for (const char letter : printable(text)) {
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += letter;
    }
  }
  return html;
}

std::string script_escaped(std::string_view json) {
  std::string text = replaced(std::string(json), "<", "\\u003c");
  // Ends of a line to JavaScript before 2019, and to nobody else.
  text = replaced(std::move(text), "\u2028", "\\u2028");
  return replaced(std::move(text), "\u2029", "\\u2029");
}

std::string html(std::span<const Reported> runs) {
  assert(!runs.empty());
  std::vector<std::string> names;
  std::string without_scripts;
  for (const auto& reported : runs) {
    names.push_back(reported.run->manifest.run);
    without_scripts += run_html(reported);
  }
  return filled(page_template(),
                {{"{{unrig:title}}", html_escaped("unrig " + join(names, ", "))},
                 {"{{unrig:page}}", without_scripts},
                 {"{{unrig:data}}", script_escaped(record::dump(page_data(runs)))}});
}

}  // namespace unrig::report
