#include "exporters/http_list/feed_render.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "exporters/http_list/format_text.h"
#include "exporters/http_list/list_body.h"
#include "policy/minimise.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;
using policy::IpPrefix;
using policy::Result;
using policy::Url;
using Form = FeedQuery::Form;
using Entries = std::vector<Indicator>;

constexpr std::string_view nothing_line = "# sekisho: this list is empty\n";

Result<Entries> EntriesOf(const policy::ListSnapshot& list, const Variant& variant) {
  Entries entries;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto indicator = policy::ParseLine(list.line(i));
    if (!indicator) return tl::unexpected(std::move(indicator.error()));
    if (variant.Holds(*indicator)) entries.push_back(std::move(*indicator));
  }
  return entries;
}

void MergeIn(Entries& entries) {
  std::vector<IpPrefix> prefixes;
  std::erase_if(entries, [&](const Indicator& entry) {
    const auto* prefix = std::get_if<IpPrefix>(&entry);
    if (prefix != nullptr) prefixes.push_back(*prefix);
    return prefix != nullptr;
  });
  for (const IpPrefix& prefix : policy::MergePrefixes(prefixes)) entries.emplace_back(prefix);
}

void Narrow(const FeedQuery& query, Entries& entries) {
  if (query.summarise) MergeIn(entries);
  if (query.ips_only) {
    std::erase_if(entries, [](const Indicator& e) { return !std::holds_alternative<IpPrefix>(e); });
  }
  if (query.descending) std::reverse(entries.begin(), entries.end());
  const auto first =
      entries.begin() + static_cast<std::ptrdiff_t>(std::min(query.start, entries.size()));
  entries.erase(entries.begin(), first);
  if (query.count != 0 && query.count < entries.size()) {
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(query.count), entries.end());
  }
}

// As MineMeld calls them.
std::string_view TypeOf(const Indicator& entry) {
  if (std::holds_alternative<policy::Domain>(entry)) return "domain";
  if (std::holds_alternative<Url>(entry)) return "URL";
  return std::get<IpPrefix>(entry).family() == policy::IpFamily::v4 ? "IPv4" : "IPv6";
}

std::string Own(const Entries& entries, const Format& format) {
  ListBody body(format);
  for (const Indicator& entry : entries) body.Add(entry);
  return std::move(body).Finish();
}

void AppendObject(const Indicator& entry, std::string& out) {
  Append(out, R"({{"indicator":"{}","value":{{"type":"{}"}}}})", JsonText(Value(entry)),
         TypeOf(entry));
}

std::string Json(const Entries& entries) {
  std::string out = "[\n";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i != 0) out += ",\n";
    AppendObject(entries[i], out);
  }
  return out + "]\n";
}

// RFC 7464. A sequence of nothing would be an empty body, hence one separator, which readers skip.
std::string JsonSequence(const Entries& entries) {
  std::string out;
  for (const Indicator& entry : entries) {
    out += '\x1e';
    AppendObject(entry, out);
    out += '\n';
  }
  return out.empty() ? "\x1e\n" : out;
}

template <class CellOf>
void AppendRow(const FeedQuery& query, CellOf cell_of, std::string& out) {
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    if (i != 0) out += ',';
    out += cell_of(query.columns[i]);
  }
  out += "\r\n";
}

std::string Csv(const Entries& entries, const FeedQuery& query) {
  std::string out = query.bom ? "\xef\xbb\xbf" : "";
  if (query.header) {
    AppendRow(
        query, [](const auto& column) { return CsvCell(column.title); }, out);
  }
  for (const Indicator& entry : entries) {
    AppendRow(
        query,
        [&](const auto& column) {
          if (column.field == "indicator") return CsvCell(Value(entry));
          return column.field == "type" ? CsvCell(TypeOf(entry)) : std::string();
        },
        out);
  }
  return out.empty() ? "\r\n" : out;
}

std::string Mwg(const Entries& entries, const FeedQuery& query) {
  const Format& format = *FindFormat("skyhigh");
  std::string out = query.ips_only ? "type=ip\n" : "type=string\n";
  for (const Indicator& entry : entries) {
    if (format.Holds(entry)) Append(out, "\"{}\" \"sekisho\"\n", Value(entry));
  }
  return out;
}

std::string Bluecoat(const Entries& entries, const FeedQuery& query) {
  const Format& format = *FindFormat("proxysg");
  std::string lines;
  for (const Indicator& entry : entries) {
    if (!format.Holds(entry)) continue;
    AppendWithoutScheme(entry, lines);
    lines += '\n';
  }
  if (lines.empty()) Append(lines, "{}\n", no_name);
  std::string out;
  for (const std::string& category : query.categories) {
    Append(out, "define category {}\n{}end\n", category, lines);
  }
  return out;
}

std::string_view WithoutPort(std::string_view rest, const Url& url, std::string& buffer) {
  const std::size_t slash = rest.find('/');
  const std::size_t colon = rest.substr(0, slash).rfind(':');
  if (colon == rest.npos || rest.substr(0, slash).ends_with(']')) return rest;
  buffer.assign(rest.substr(0, colon)).append(url.path());
  return buffer;
}

std::string PanosUrl(const Entries& entries, const FeedQuery& query) {
  const Format& format = *FindFormat("panos_url");
  std::string out;
  std::string buffer;
  for (const Indicator& entry : entries) {
    const auto* url = std::get_if<Url>(&entry);
    if (url != nullptr && !format.Holds(entry)) continue;
    if (url != nullptr) {
      const std::string_view rest = WithoutScheme(*url);
      out += query.strip_port ? WithoutPort(rest, *url, buffer) : rest;
    } else if (std::holds_alternative<policy::Domain>(entry)) {
      Append(out, "{0}{1}\n*.{0}{1}", Value(entry), query.no_slash ? "" : "/");
    } else {
      continue;
    }
    out += '\n';
  }
  return out.empty() ? std::string(nothing_line) : out;
}

Feed Write(const Entries& entries, const Variant& variant, const FeedQuery& query) {
  constexpr const char* text = "text/plain; charset=utf-8";
  switch (query.form) {
    case Form::own:
      return {Own(entries, *variant.format), std::string(variant.format->content_type)};
    case Form::json: return {Json(entries), "application/json"};
    case Form::json_seq: return {JsonSequence(entries), "application/json-seq"};
    case Form::csv: return {Csv(entries, query), "text/csv; charset=utf-8"};
    case Form::mwg: return {Mwg(entries, query), text};
    case Form::bluecoat: return {Bluecoat(entries, query), text};
    case Form::panosurl: return {PanosUrl(entries, query), text};
  }
  return {};
}

}  // namespace

Result<Feed> RenderFeed(const policy::ListSnapshot& list, const Variant& variant,
                        const FeedQuery& query) {
  auto entries = EntriesOf(list, variant);
  if (!entries) return tl::unexpected(std::move(entries.error()));
  Narrow(query, *entries);
  return Write(*entries, variant, query);
}

}  // namespace exporters::http_list
