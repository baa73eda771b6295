#include "tests/exporters/http_list_readers.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "platform/encoding.h"
#include "policy/indicator.h"

namespace exporters::http_list {
namespace {

using nlohmann::json;
using policy::IpPrefix;
using Texts = std::vector<std::string>;

[[noreturn]] void Refuse(std::string_view what) {
  throw std::runtime_error("no device reads this: " + std::string(what));
}

std::string Between(std::string_view text, std::string_view head, std::string_view tail) {
  if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail)) {
    Refuse(text);
  }
  return std::string(text.substr(head.size(), text.size() - head.size() - tail.size()));
}

Texts Lines(std::string_view text) {
  Texts lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == text.npos) Refuse("a line without an end");
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

Texts WithoutComments(std::string_view text, std::string_view mark) {
  Texts lines = Lines(text);
  std::erase_if(lines, [&](const std::string& line) { return line.starts_with(mark); });
  return lines;
}

// RFC 4180.
std::vector<Texts> Csv(std::string_view text, std::string_view line_end) {
  std::vector<Texts> rows;
  Texts row{""};
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_quote = text[i] == '"';
    if (is_quoted && is_quote && text.substr(i + 1).starts_with('"')) {
      row.back() += text[++i];
    } else if (is_quote) {
      is_quoted = !is_quoted;
    } else if (!is_quoted && text[i] == ',') {
      row.emplace_back();
    } else if (!is_quoted && text.substr(i).starts_with(line_end)) {
      rows.push_back(std::exchange(row, {""}));
      i += line_end.size() - 1;
    } else {
      row.back() += text[i];
    }
  }
  if (is_quoted || row != Texts{""}) Refuse("a row without an end");
  return rows;
}

std::string Unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') Refuse(text);
    if (text[i] == '\\' && ++i == text.size()) Refuse(text);
    plain += text[i];
  }
  return plain;
}

std::string Address(const std::string& text) {
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix) Refuse(text);
  return "ip " + prefix->ToString();
}

std::string Domain(const std::string& text) {
  return "domain " + text;
}

std::string Any(const std::string& text) {
  if (text.find("://") != text.npos) return "url " + text;
  return IpPrefix::Parse(text) ? Address(text) : Domain(text);
}

std::string NameOrUrlWithoutScheme(const std::string& text) {
  return text.find('/') == text.npos ? Domain(text) : "url http://" + text;
}

template <class Read>
Texts Each(const Texts& lines, Read read) {
  Texts all;
  for (const std::string& line : lines) all.push_back(read(line));
  return all;
}

Texts ReadText(std::string_view bytes) {
  return Each(WithoutComments(bytes, "#"), Any);
}

Texts ReadAddresses(std::string_view bytes) {
  return Each(WithoutComments(bytes, "#"), Address);
}

// No comments: each line is an entry.
Texts ReadBareText(std::string_view bytes) {
  return Each(Lines(bytes), Any);
}

Texts ReadAdGuard(std::string_view bytes) {
  return Each(WithoutComments(bytes, "!"),
              [](const std::string& line) { return Domain(Between(line, "||", "^")); });
}

Texts ReadDnsmasq(std::string_view bytes) {
  return Each(WithoutComments(bytes, "#"),
              [](const std::string& line) { return Domain(Between(line, "local=/", "/")); });
}

Texts ReadHosts(std::string_view bytes) {
  return Each(WithoutComments(bytes, "#"),
              [](const std::string& line) { return Domain(Between(line, "0.0.0.0 ", "")); });
}

Texts ReadUnbound(std::string_view bytes) {
  return Each(WithoutComments(Between(bytes, "server:\n", ""), "#"), [](const std::string& line) {
    return Domain(Between(line, "local-zone: \"", ".\" always_nxdomain"));
  });
}

Texts ReadCsv(std::string_view bytes) {
  auto rows = Csv(bytes, "\r\n");
  if (rows.empty() || rows.front() != Texts{"kind", "value"}) Refuse("a CSV without its head");
  rows.erase(rows.begin());
  Texts lines;
  for (const Texts& row : rows) {
    if (row.size() != 2 || std::string_view("=+-@\t\r").find(row[1].front()) != std::string::npos) {
      Refuse(row.back());
    }
    const bool is_neutral = row[1].starts_with('\'');
    const std::string value = row[1].substr(is_neutral ? 1 : 0);
    lines.push_back(row[0] == "ip" ? Address(value) : row[0] + " " + value);
  }
  return lines;
}

std::string AddressesFromTo(const std::string& range) {
  const auto dash = range.find('-');
  for (int length = 0; length < 32; ++length) {
    const auto prefix = IpPrefix::Parse(range.substr(0, dash) + "/" + std::to_string(length));
    if (!prefix) continue;
    const auto last = IpPrefix::From(prefix->family(), prefix->last(), 32);
    if (last && last->AddressString() == range.substr(dash + 1)) return "ip " + prefix->ToString();
  }
  Refuse(range);
}

// sk132193: as many commas in each record, unique names.
Texts ReadCheckPoint(std::string_view bytes) {
  Texts lines;
  std::set<std::string> names;
  for (const Texts& row : Csv(bytes, "\n")) {
    if (row[0].starts_with('#')) continue;
    const Texts end{"high", "high", "AB", "blocked"};
    if (row.size() != 7 || !names.insert(row[0]).second ||
        !std::equal(end.begin(), end.end(), row.begin() + 3)) {
      Refuse(row[0]);
    }
    if (row[2] == "IP Range") {
      lines.push_back(AddressesFromTo(row[1]));
    } else if (row[2] == "IP") {
      lines.push_back(Address(row[1]));
    } else {
      lines.push_back((row[2] == "URL" ? "url " : "domain ") + row[1]);
    }
  }
  return lines;
}

Texts ReadF5(std::string_view bytes) {
  return Each(Lines(bytes), [](const std::string& line) {
    std::string entry = Between(line, "", ",bl,sekisho");
    entry[entry.find(',')] = '/';
    return Address(entry);
  });
}

// As RouterOS runs it on a list that had other entries.
Texts ReadMikroTik(std::string_view bytes) {
  Texts commands =
      Lines(Between(bytes, "/ip firewall address-list\nset [find list=sekisho] comment=old\n",
                    "remove [find list=sekisho comment=old]\n"));
  std::erase(commands, "# sekisho: this list is empty");
  return Each(commands, [](const std::string& line) {
    const std::string both = Between(line, ":do { add list=sekisho address=", "] comment=new }");
    const std::string middle = " comment=new } on-error={ set [find list=sekisho address=";
    const auto at = both.find(middle);
    const std::string address = both.substr(0, at);
    if (at == both.npos || both.substr(at + middle.size()) != address) Refuse(line);
    return Address(address);
  });
}

// A name alone is matched exactly, "*.name" below it: the two together are the domain.
Texts ReadPanosDomains(std::string_view bytes) {
  const Texts entries = WithoutComments(bytes, "#");
  Texts lines;
  for (std::size_t i = 0; i < entries.size(); i += 2) {
    if (i + 1 == entries.size() || entries[i + 1] != "*." + entries[i]) Refuse(entries[i]);
    lines.push_back(Domain(entries[i]));
  }
  return lines;
}

Texts ReadPanosUrls(std::string_view bytes) {
  const Texts entries = WithoutComments(bytes, "#");
  Texts lines;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    // Without a slash, evil.example matches evil.example.com.
    if (entries[i].find('/') == std::string::npos) Refuse(entries[i]);
    const bool is_domain = i + 1 < entries.size() && entries[i + 1] == "*." + entries[i];
    if (is_domain) ++i;
    lines.push_back(is_domain ? Domain(Between(entries[i], "*.", "/"))
                              : "url http://" + entries[i]);
  }
  return lines;
}

Texts ReadProxySg(std::string_view bytes) {
  Texts lines = Lines(Between(bytes, "define category sekisho\n", "end\n"));
  for (const std::string& line : lines) {
    if (line == "end" || line.find_first_of(";' \\") != line.npos) Refuse(line);
  }
  return Each(lines, NameOrUrlWithoutScheme);
}

Texts ReadProxySgPolicy(std::string_view bytes) {
  return ReadProxySg(
      Between(bytes, "", "\n<Proxy>\n  category=sekisho exception(content_filter_denied)\n"));
}

Texts ReadSkyhigh(std::string_view bytes) {
  return Each(Lines(Between(bytes, "type=string\n", "")), [](const std::string& line) {
    const std::string value = Between(line, "\"", "\" \"\"");
    if (value.find_first_of("\"\\") != value.npos) Refuse(line);
    return Any(value);
  });
}

Texts ReadZscaler(std::string_view bytes) {
  return Each(Lines(bytes), [](const std::string& line) {
    if (line.size() > 1024) Refuse(line);
    return line.starts_with('.') ? Domain(line.substr(1)) : "url http://" + line;
  });
}

Texts ReadPac(std::string_view bytes) {
  const auto end = bytes.find("\n};\n");
  if (end == bytes.npos) Refuse("a PAC file without its names");
  const json names = json::parse(Between(bytes.substr(0, end + 2), "var sekishoNames = ", ""));
  Texts lines;
  for (const auto& [name, one] : names.items()) lines.push_back(Domain(name));
  return lines;
}

Texts ReadJson(std::string_view bytes) {
  Texts lines;
  const json document = json::parse(bytes);
  for (const json& each : document.at("indicators")) {
    const auto kind = each.at("kind").get<std::string>();
    const auto value = each.at("value").get<std::string>();
    lines.push_back(kind == "ip" ? Address(value) : std::string(kind).append(" ").append(value));
  }
  return lines;
}

Texts ReadStix(std::string_view bytes) {
  Texts lines;
  std::set<std::string> ids;
  const json bundle = json::parse(bytes);
  for (const json& each : bundle.at("objects")) {
    if (!ids.insert(each.at("id").get<std::string>()).second) Refuse(each.dump());
    if (each.at("type").get<std::string>() != "indicator") continue;
    const std::string pattern = Between(each.at("pattern").get<std::string>(), "[", "']");
    const auto quote = pattern.find('\'');
    const std::string comparison = pattern.substr(0, quote);
    const std::string value = Unescaped(pattern.substr(quote + 1));
    if (comparison == "domain-name:value = ") {
      lines.push_back(Domain(value));
    } else if (comparison == "url:value = ") {
      lines.push_back("url " + value);
    } else if (comparison.starts_with("ipv4-addr:value ") ||
               comparison.starts_with("ipv6-addr:value ")) {
      lines.push_back(Address(value));
    } else {
      Refuse(pattern);
    }
  }
  return lines;
}

Texts ReadSuricataDataset(std::string_view bytes) {
  return Each(Lines(bytes), [](const std::string& line) {
    const auto name = platform::FromBase64(line);
    if (!name) Refuse(line);
    return Domain(*name);
  });
}

Texts ReadSuricataReputation(std::string_view bytes) {
  return Each(Lines(bytes),
              [](const std::string& line) { return Address(line.substr(0, line.find(','))); });
}

const std::map<std::string_view, Texts (*)(std::string_view)> readers{
    {"adguard", ReadAdGuard},
    {"checkpoint", ReadCheckPoint},
    {"cisco_si", ReadText},
    {"csv", ReadCsv},
    {"dnsmasq", ReadDnsmasq},
    {"f5", ReadF5},
    {"fortigate", ReadText},
    {"hosts", ReadHosts},
    {"json", ReadJson},
    {"juniper", ReadBareText},
    {"mikrotik", ReadMikroTik},
    {"pac", ReadPac},
    {"panos_domain", ReadPanosDomains},
    {"panos_ip", ReadAddresses},
    {"panos_url", ReadPanosUrls},
    {"pf", ReadAddresses},
    {"proxysg", ReadProxySg},
    {"proxysg_policy", ReadProxySgPolicy},
    {"skyhigh", ReadSkyhigh},
    {"sonicwall_domain", ReadBareText},
    {"sonicwall_ip", ReadBareText},
    {"sophos_domain", ReadBareText},
    {"sophos_ip", ReadBareText},
    {"sophos_url", ReadBareText},
    {"stix", ReadStix},
    {"suricata_dataset", ReadSuricataDataset},
    {"suricata_iprep", ReadSuricataReputation},
    {"text", ReadText},
    {"unbound", ReadUnbound},
    {"zscaler", ReadZscaler},
};

bool IsNobody(const std::string& line) {
  return line == "ip 192.0.2.255/32" || line == "domain empty-list.invalid" ||
         line == "url http://empty-list.invalid/";
}

}  // namespace

std::vector<std::string> ReadAs(std::string_view format, std::string_view bytes) {
  Texts lines = readers.at(format)(bytes);
  std::erase_if(lines, IsNobody);
  for (const std::string& line : lines) {
    const auto indicator = policy::ParseLine(line);
    if (!indicator || policy::LineOf(*indicator) != line) Refuse(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string AsRead(std::string_view format, const std::string& line) {
  const std::set<std::string_view> without_scheme{"panos_url", "proxysg", "proxysg_policy",
                                                  "zscaler"};
  if (!without_scheme.contains(format) || !line.starts_with("url ")) return line;
  return "url http://" + line.substr(line.find("://") + 3);
}

}  // namespace exporters::http_list
