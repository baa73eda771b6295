#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "cli/messages.h"
#include "cli/surroundings.h"
#include "cli/table.h"
#include "policy/result.h"

namespace cli {

enum class OutputFormat : std::uint8_t { table, json };

// Where everything goes that the program prints: it makes all of it safe for a terminal.
class Printer {
 public:
  Printer(const Surroundings& surroundings, OutputFormat format, Language language)
      : surroundings_(surroundings), format_(format), language_(language) {}

  bool is_json() const { return format_ == OutputFormat::json; }
  template <class... Arguments>
  std::string Word(Text id, const Arguments&... arguments) const {
    return Format(language_, id, arguments...);
  }

  // On standard output. Json prints one document.
  policy::Result<void> Json(const google::protobuf::Message& message) const;
  void JsonText(std::string_view document) const;
  void Show(const Table& table) const;
  void Line(std::string_view text) const;
  // Text of our own, for a program to read.
  void Verbatim(std::string_view text) const;
  // A blank line, then the heading; and nothing at all if the table has no rows.
  void Section(const std::string& heading, const Table& table) const;

  // On standard error.
  template <class... Arguments>
  void Say(Text id, const Arguments&... arguments) const {
    SayLine(Word(id, arguments...));
  }
  void SayLine(std::string_view text) const;
  void SayTable(const Table& table) const;
  // Without a newline, then reads a line; empty at the end of input.
  std::string Ask(const std::string& question) const;
  void SayError(const policy::Error& error) const;

 private:
  const Surroundings& surroundings_;
  OutputFormat format_;
  Language language_;
};

}  // namespace cli
