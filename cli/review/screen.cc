#include "cli/review/screen.h"

// The only file with ncurses, whose macros have names of ours.
#define NCURSES_NOMACROS 1
#include <curses.h>

#include <clocale>

namespace cli::review {
namespace {

attr_t AttributeOf(Style style) {
  switch (style) {
    case Style::bar:
    case Style::selected: return A_REVERSE;
    case Style::heading: return A_BOLD;
    case Style::plain: return A_NORMAL;
  }
  return A_NORMAL;
}

std::optional<Key> KeyOf(wint_t code) {
  using Kind = Key::Kind;
  switch (code) {
    case KEY_UP: return Key{Kind::up};
    case KEY_DOWN: return Key{Kind::down};
    case KEY_PPAGE: return Key{Kind::page_up};
    case KEY_NPAGE: return Key{Kind::page_down};
    case KEY_HOME: return Key{Kind::home};
    case KEY_END: return Key{Kind::end};
    case KEY_ENTER: return Key{Kind::enter};
    case KEY_BACKSPACE: return Key{Kind::backspace};
    default: return std::nullopt;
  }
}

std::optional<Key> CharacterOf(wint_t character) {
  using Kind = Key::Kind;
  switch (character) {
    case '\r':
    case '\n': return Key{Kind::enter};
    case 0x1b: return Key{Kind::escape};
    case 0x08:
    case 0x7f: return Key{Kind::backspace};
    case 0x15: return Key{Kind::clear};
    default: break;
  }
  if (character < 0x20) return std::nullopt;
  return Key{Kind::character, static_cast<char32_t>(character)};
}

}  // namespace

Screen::Screen() {
  // What we print is UTF-8, whatever the user's locale.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  initscr();
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  set_escdelay(50);
}

Screen::~Screen() {
  endwin();
}

Size Screen::size() const {
  return {.columns = getmaxx(stdscr), .rows = getmaxy(stdscr)};
}

void Screen::Show(const Frame& frame) {
  werase(stdscr);
  for (int y = 0; const FrameLine& line : frame.lines) {
    wattrset(stdscr, static_cast<int>(AttributeOf(line.style)));
    mvwaddstr(stdscr, y++, 0, line.text.c_str());
  }
  wattrset(stdscr, A_NORMAL);
  curs_set(frame.cursor_column ? 1 : 0);
  if (frame.cursor_column) wmove(stdscr, getmaxy(stdscr) - 1, *frame.cursor_column);
  wrefresh(stdscr);
}

std::optional<Key> Screen::Read(std::chrono::milliseconds patience) {
  wtimeout(stdscr, static_cast<int>(patience.count()));
  wint_t code = 0;
  const int got = wget_wch(stdscr, &code);
  if (got == ERR) return std::nullopt;
  return got == KEY_CODE_YES ? KeyOf(code) : CharacterOf(code);
}

}  // namespace cli::review
