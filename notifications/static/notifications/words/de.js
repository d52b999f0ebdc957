/** Made by `make messages` of de's djangojs.po. */
export const texts = {
  "%(count)s archived.": {
    "other": "%(count)s archiviert.",
    "one": "%(count)s archiviert."
  },
  "%(count)s h ago": {
    "other": "vor %(count)s h",
    "one": "vor %(count)s h"
  },
  "%(count)s marked as read.": {
    "other": "%(count)s als gelesen markiert.",
    "one": "%(count)s als gelesen markiert."
  },
  "%(count)s marked as unread.": {
    "other": "%(count)s als ungelesen markiert.",
    "one": "%(count)s als ungelesen markiert."
  },
  "%(count)s min ago": {
    "other": "vor %(count)s min",
    "one": "vor %(count)s min"
  },
  "%(count)s moved to the inbox.": {
    "other": "%(count)s in den Posteingang verschoben.",
    "one": "%(count)s in den Posteingang verschoben."
  },
  "%(count)s new": {
    "other": "%(count)s neu",
    "one": "%(count)s neu"
  },
  "%(count)s new notification": {
    "other": "%(count)s neue Benachrichtigungen",
    "one": "%(count)s neue Benachrichtigung"
  },
  "%(count)s new notification. Latest: %(title)s": {
    "other": "%(count)s neue Benachrichtigungen. Die letzte: %(title)s",
    "one": "%(count)s neue Benachrichtigung. Die letzte: %(title)s"
  },
  "%(count)s no longer saved.": {
    "other": "%(count)s nicht mehr gespeichert.",
    "one": "%(count)s nicht mehr gespeichert."
  },
  "%(count)s notification found.": {
    "other": "%(count)s Benachrichtigungen gefunden.",
    "one": "%(count)s Benachrichtigung gefunden."
  },
  "%(count)s saved.": {
    "other": "%(count)s gespeichert.",
    "one": "%(count)s gespeichert."
  },
  "%(count)s selected": {
    "other": "%(count)s ausgewählt",
    "one": "%(count)s ausgewählt"
  },
  "%(count)s snoozed.": {
    "other": "%(count)s zurückgestellt.",
    "one": "%(count)s zurückgestellt."
  },
  "%(count)s unread": {
    "other": "%(count)s ungelesen",
    "one": "%(count)s ungelesen"
  },
  "%(days)s d %(hours)s h": "%(days)s d %(hours)s h",
  "%(hours)s h %(minutes)s min": "%(hours)s h %(minutes)s min",
  "%(label)s: %(last)s, between %(least)s and %(most)s": "%(label)s: %(last)s, zwischen %(least)s und %(most)s",
  "%(label)s: nothing known": "%(label)s: nichts bekannt",
  "%(minutes)s min %(seconds)s s": "%(minutes)s min %(seconds)s s",
  "%(number)s MB": "%(number)s MB",
  "%(number)s ms": "%(number)s ms",
  "%(seconds)s s": "%(seconds)s s",
  "%(title)s, table": "%(title)s, Tabelle",
  "%(what)s (all %(count)s)": {
    "other": "%(what)s (alle %(count)s)",
    "one": "%(what)s (alle %(count)s)"
  },
  "%(what)s: %(title)s": "%(what)s: %(title)s",
  "+%(count)s earlier": {
    "other": "+%(count)s frühere",
    "one": "+%(count)s frühere"
  },
  "+%(count)s more · Open inbox": {
    "other": "+%(count)s weitere · Posteingang öffnen",
    "one": "+%(count)s weitere · Posteingang öffnen"
  },
  "+%(count)s more · Show all": {
    "other": "+%(count)s weitere · Alle anzeigen",
    "one": "+%(count)s weitere · Alle anzeigen"
  },
  ", ": ", ",
  ", unread": ", ungelesen",
  "/min": "/min",
  "/s": "/s",
  "Actions": "Aktionen",
  "All marked as read.": "Alle als gelesen markiert.",
  "Archive": "Archivieren",
  "Archived": "Archiviert",
  "Archived.": "Archiviert.",
  "Choose a time between 3 minutes and a year from now.": "Wählen Sie eine Zeit zwischen 3 Minuten und einem Jahr von jetzt an.",
  "Clear the selection, or close": "Auswahl aufheben oder schließen",
  "Close": "Schließen",
  "Connecting…": "Verbindet …",
  "Couldn't archive": "Archivieren fehlgeschlagen",
  "Couldn't load notifications.": "Benachrichtigungen konnten nicht geladen werden.",
  "Couldn't mark as read": "Als gelesen markieren fehlgeschlagen",
  "Couldn't mark as unread": "Als ungelesen markieren fehlgeschlagen",
  "Couldn't move to the inbox": "Verschieben in den Posteingang fehlgeschlagen",
  "Couldn't mute": "Stummschalten fehlgeschlagen",
  "Couldn't remove from saved": "Aus dem Gespeicherten entfernen fehlgeschlagen",
  "Couldn't save": "Speichern fehlgeschlagen",
  "Couldn't search. Check your connection and press Search to try again.": "Die Suche ist fehlgeschlagen. Prüfen Sie Ihre Verbindung und drücken Sie noch einmal auf „Suchen“.",
  "Couldn't snooze": "Zurückstellen fehlgeschlagen",
  "Couldn't take the mute back": "Aufheben der Stummschaltung fehlgeschlagen",
  "Critical": "Kritisch",
  "Desktop alerts are blocked in this browser: open the site settings to allow them.": "Desktop-Hinweise sind in diesem Browser blockiert: Erlauben Sie sie in den Einstellungen der Website.",
  "Desktop alerts are off in this browser.": "Desktop-Hinweise sind in diesem Browser aus.",
  "Desktop alerts are on in this browser.": "Desktop-Hinweise sind in diesem Browser an.",
  "Dismiss": "Ausblenden",
  "Drain": "Leeren",
  "Drain %(name)s": "%(name)s leeren",
  "Draining": "Wird geleert",
  "Error": "Fehler",
  "From": "Von",
  "General": "Allgemein",
  "Inbox": "Posteingang",
  "Keyboard shortcuts": "Tastenkürzel",
  "Last update %(seconds)s s ago": "Letzter Stand vor %(seconds)s s",
  "Last update was a while ago": "Der letzte Stand ist eine Weile her",
  "Live": "Live",
  "Live, by long polling. WebSocket is blocked here.": "Live, über Long Polling. WebSocket ist hier blockiert.",
  "Live, by server-sent events. WebSocket is blocked here.": "Live, über Server-Sent Events. WebSocket ist hier blockiert.",
  "Loading…": "Lädt …",
  "Mark all as read": "Alle als gelesen markieren",
  "Mark as read": "Als gelesen markieren",
  "Mark as read or unread": "Als gelesen oder ungelesen markieren",
  "Mark as unread": "Als ungelesen markieren",
  "Marked as read.": "Als gelesen markiert.",
  "Marked as unread.": "Als ungelesen markiert.",
  "More than %(count)s notification found.": {
    "other": "Mehr als %(count)s Benachrichtigungen gefunden.",
    "one": "Mehr als %(count)s Benachrichtigung gefunden."
  },
  "Move to inbox": "In den Posteingang verschieben",
  "Moved to the inbox.": "In den Posteingang verschoben.",
  "Mute": "Stummschalten",
  "Mute %(name)s": "%(name)s stummschalten",
  "Mute category %(label)s": "Kategorie %(label)s stummschalten",
  "Mute this thread": "Dieses Thema stummschalten",
  "Muted: category %(label)s.": "Stummgeschaltet: Kategorie %(label)s.",
  "Muted: everything from %(name)s.": "Stummgeschaltet: alles von %(name)s.",
  "Muted: the thread of “%(title)s”.": "Stummgeschaltet: das Thema von „%(title)s“.",
  "New notification: %(title)s": "Neue Benachrichtigung: %(title)s",
  "Next notification": "Nächste Benachrichtigung",
  "No longer saved.": "Nicht mehr gespeichert.",
  "No notifications match these filters.": "Keine Benachrichtigung passt zu diesen Filtern.",
  "No notifications match “%(query)s” and these filters.": "Keine Benachrichtigung passt zu „%(query)s“ und diesen Filtern.",
  "No notifications match “%(query)s”.": "Keine Benachrichtigung passt zu „%(query)s“.",
  "Not connected": "Nicht verbunden",
  "Nothing archived yet.": "Noch nichts archiviert.",
  "Nothing is known of this time.": "Von dieser Zeit ist nichts bekannt.",
  "Nothing saved yet.": "Noch nichts gespeichert.",
  "Nothing snoozed.": "Nichts zurückgestellt.",
  "Nothing unread.": "Nichts Ungelesenes.",
  "Notifications": "Benachrichtigungen",
  "Offline": "Offline",
  "Older notifications": "Ältere Benachrichtigungen",
  "Open": "Öffnen",
  "Open inbox": "Posteingang öffnen",
  "Paused": "Angehalten",
  "Previous notification": "Vorige Benachrichtigung",
  "Reconnecting…": "Verbindet neu …",
  "Reconnecting… New notifications may be late.": "Verbindet neu … Neue Benachrichtigungen kommen vielleicht später.",
  "Refused: %(causes)s.": "Abgewiesen: %(causes)s.",
  "Reload": "Neu laden",
  "Remove from saved": "Nicht mehr speichern",
  "Save": "Speichern",
  "Save, or remove from saved": "Speichern oder nicht mehr speichern",
  "Saved": "Gespeichert",
  "Saved.": "Gespeichert.",
  "Search": "Suchen",
  "Select": "Auswählen",
  "Select down to the next": "Bis zur nächsten auswählen",
  "Select up to the one before": "Bis zur vorigen auswählen",
  "Show or fold the rest of a thread": "Den Rest eines Themas zeigen oder einklappen",
  "Show this list": "Diese Liste zeigen",
  "Sign in again": "Neu anmelden",
  "Snooze": "Zurückstellen",
  "Snoozed": "Zurückgestellt",
  "Snoozed until %(time)s": "Zurückgestellt bis %(time)s",
  "Snoozed.": "Zurückgestellt.",
  "Success": "Erfolg",
  "The database does not answer.": "Die Datenbank antwortet nicht.",
  "The test could not be sent.": "Der Test konnte nicht gesendet werden.",
  "This browser has no desktop alerts.": "Dieser Browser hat keine Desktop-Hinweise.",
  "This notification was withdrawn by its sender.": "Der Absender hat diese Benachrichtigung zurückgezogen.",
  "Today": "Heute",
  "Try again": "Noch einmal versuchen",
  "Try now": "Jetzt versuchen",
  "Undo": "Rückgängig",
  "Unread": "Ungelesen",
  "Use single-key shortcuts": "Tastenkürzel aus einem Zeichen benutzen",
  "Wake now": "Jetzt zurückholen",
  "Warning": "Warnung",
  "Yesterday": "Gestern",
  "Yesterday %(time)s": "Gestern %(time)s",
  "You have been signed out.": "Sie wurden abgemeldet.",
  "You may not watch this any more.": "Sie dürfen das nicht mehr ansehen.",
  "You're all caught up.": "Sie sind auf dem neuesten Stand.",
  "You're offline. Showing what we had at %(time)s.": "Sie sind offline. Gezeigt wird der Stand von %(time)s.",
  "You're signed in as someone else in another tab.": "In einem anderen Tab sind Sie als jemand anderes angemeldet.",
  "You've been signed out.": "Sie wurden abgemeldet.",
  "now": "jetzt"
};
