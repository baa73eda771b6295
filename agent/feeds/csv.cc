#include "agent/feeds/csv.h"

#include "agent/feeds/feed_text.h"

namespace agent::feeds {

void CsvReader::Push(std::string_view piece) {
  for (const char c : piece) {
    const bool ends_crlf = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (!ends_crlf) Take(after_cr_ ? '\n' : c);
  }
}

void CsvReader::Finish() {
  if (state_ == State::quoted) {
    Break("quote not closed");
    state_ = State::record_start;
    return;
  }
  TakeLineEnd();
}

void CsvReader::Take(char c) {
  if (state_ == State::quoted) {
    TakeInRecord(c);
    if (c == '\n') ++line_;
  } else if (c == '\n') {
    TakeLineEnd();
    ++line_;
  } else if (state_ == State::comment) {
    if (comment_.size() < line_size_max) comment_ += c;
  } else if (state_ == State::record_start && c == dialect_.comment) {
    record_line_ = line_;
    comment_.clear();
    state_ = State::comment;
  } else if (state_ != State::skipping) {
    TakeInRecord(c);
  }
}

void CsvReader::TakeInRecord(char c) {
  if (state_ == State::record_start) {
    record_line_ = line_;
    record_size_ = 0;
    field_count_ = 0;
    StartField();
  }
  if (++record_size_ > line_size_max) {
    Break("longer than 64 KiB");
    // Within quotes the line may have ended just now.
    if (c == '\n') state_ = State::record_start;
    return;
  }
  if (state_ == State::quoted) {
    if (c == '"') {
      state_ = State::quote_in_quoted;
    } else {
      Append(c);
    }
  } else if (c == dialect_.delimiter) {
    StartField();
  } else if (state_ == State::field_start && c == ' ' && dialect_.skip_initial_space) {
    return;
  } else if (c == '"' && state_ != State::unquoted) {
    if (state_ == State::quote_in_quoted) Append(c);
    state_ = State::quoted;
  } else if (c == '"') {
    Break("quote within an unquoted field");
  } else if (state_ == State::quote_in_quoted) {
    Break("text after a closing quote");
  } else {
    Append(c);
    state_ = State::unquoted;
  }
}

void CsvReader::TakeLineEnd() {
  if (state_ == State::comment) {
    sink_.Comment(record_line_, comment_);
  } else if (state_ != State::record_start && state_ != State::skipping) {
    EndRecord();
  }
  state_ = State::record_start;
}

void CsvReader::Append(char c) {
  fields_[field_count_ - 1] += c;
}

void CsvReader::StartField() {
  if (fields_.size() == field_count_) fields_.emplace_back();
  fields_[field_count_++].clear();
  state_ = State::field_start;
}

void CsvReader::Break(std::string_view reason) {
  sink_.Broken(record_line_, reason);
  state_ = State::skipping;
}

void CsvReader::EndRecord() {
  sink_.Record(record_line_, std::span<const std::string>(fields_).first(field_count_));
}

}  // namespace agent::feeds
