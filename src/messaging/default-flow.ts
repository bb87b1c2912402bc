/**
 * The flow that an agency has before it writes its own: reference texts in English and Spanish.
 *
 * 7, 3 and 1 days are the best-proven schedule; each text names the sender, the day, the time and the place, asks for
 * one plan and gives one number to call. The Spanish SMS keep to letters of GSM-7 (é and ñ are, á í ó ú are not),
 * since one other letter doubles what a text costs. Labels, such as `[%Help:% HelpPhone]`, vanish with their value.
 */
export const defaultFlow = `flow: hearing-reminders
applies:
  roles: [defendant]
  statuses: [scheduled]
  caseTypes: { exclude: [juvenile, sealed, dependency, mental health, protection order] }
contacts: all
steps:
  - { step: created, on: created, channels: [sms, email], text: created }
  - { step: day-7, when: 7 days before, at: "10:00", channels: [sms, email], text: reminder-7 }
  - { step: day-3, when: 3 days before, at: "10:00", channels: [sms, email], text: reminder-3 }
  - { step: day-1, when: 1 day before, at: "10:00", channels: [sms, email], text: reminder-1 }
  - { step: morning-of, when: 0 days before, at: "07:00", channels: [sms], text: today, enabled: false }
  - { step: changed, on: rescheduled, channels: [sms, email], text: changed }
  - { step: cancelled, on: cancelled, channels: [sms, email], text: cancelled }
  - { step: missed, on: missed, channels: [sms, email], text: missed }
texts:
  created:
    en:
      sms: "[AgencyName]: [ClientFirstName], you have court [EventDate], [EventTime], [LocationName] [Courtroom]. We will text you reminders. [%Questions:% HelpPhone]. Msg&data rates may apply. Reply HELP for help, STOP to end"
      email:
        subject: "[AgencyName]: your court date, [EventDate]"
        body: "[ClientFirstName],\\n\\nyou have court [EventDate] [%at% EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Case% CaseNumber]\\n\\nWe will send you reminders before the date. [%Questions? Call% HelpPhone].\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], usted tiene corte el [EventDate], [EventTime], [LocationName] [Courtroom]. Le enviaremos recordatorios. [%Preguntas:% HelpPhone]. Pueden aplicar tarifas de mensajes. Responda HELP para ayuda, STOP para terminar"
      email:
        subject: "[AgencyName]: su fecha de corte, [EventDate]"
        body: "[ClientFirstName]:\\n\\nUsted tiene corte el [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Caso% CaseNumber]\\n\\nLe enviaremos recordatorios antes de la fecha. [%¿Preguntas? Llame al% HelpPhone].\\n\\n[AgencyName]"
  reminder-7:
    en:
      sms: "[AgencyName]: [ClientFirstName], you have court [EventDate] [%at% EventTime], [LocationName] [Courtroom]. Mark your calendar and plan time off, child care and a ride. Missing it can lead to a warrant. Reply STOP to end"
      email:
        subject: "[AgencyName]: you have court on [EventDate]"
        body: "[ClientFirstName],\\n\\nyou have court [EventDate] [%at% EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Case% CaseNumber]\\n\\nMark your calendar and plan time off, child care and a ride. Missing court can lead to a warrant. [%Questions? Call% HelpPhone].\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], usted tiene corte el [EventDate], [EventTime], [LocationName] [Courtroom]. Marque su calendario y prepare permiso de trabajo, cuidado de sus hijos y transporte. Faltar puede llevar a una orden de arresto. Responda STOP para terminar"
      email:
        subject: "[AgencyName]: usted tiene corte el [EventDate]"
        body: "[ClientFirstName]:\\n\\nUsted tiene corte el [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Caso% CaseNumber]\\n\\nMarque su calendario y prepare permiso de trabajo, cuidado de sus hijos y transporte. Faltar a la corte puede llevar a una orden de arresto. [%¿Preguntas? Llame al% HelpPhone].\\n\\n[AgencyName]"
  reminder-3:
    en:
      sms: "[AgencyName]: [ClientFirstName], court is [EventDate], [EventTime], [LocationName] [Courtroom]. What time will you leave to arrive 30 min early? Can't make it? Call [HelpPhone] before your date. STOP to end"
      email:
        subject: "[AgencyName]: court is on [EventDate]"
        body: "[ClientFirstName],\\n\\nyour court date is [EventDate] [%at% EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Case% CaseNumber]\\n\\nWhat time will you leave to arrive 30 minutes early? If you can't make it, call [HelpPhone] before your date.\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], su corte es el [EventDate], [EventTime], [LocationName] [Courtroom]. ¿A qué hora va a salir para llegar 30 min antes? ¿No puede venir? Llame [%al% HelpPhone] antes de su fecha. STOP para terminar"
      email:
        subject: "[AgencyName]: su corte es el [EventDate]"
        body: "[ClientFirstName]:\\n\\nSu corte es el [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Caso% CaseNumber]\\n\\n¿A qué hora va a salir para llegar 30 minutos antes? Si no puede venir, llame [%al% HelpPhone] antes de su fecha.\\n\\n[AgencyName]"
  reminder-1:
    en:
      sms: "[AgencyName]: [ClientFirstName], court is [EventRelativeDay], [EventDate], [EventTime], [LocationName] [Courtroom]. Go even if you are not ready; missing court can lead to a warrant. [%Help:% HelpPhone]. STOP to end"
      email:
        subject: "[AgencyName]: court is [EventRelativeDay], [EventDate]"
        body: "[ClientFirstName],\\n\\nyour court date is [EventRelativeDay], [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Case% CaseNumber]\\n\\nGo even if you are not ready; missing court can lead to a warrant. [%Help:% HelpPhone].\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], su corte es [EventRelativeDay], [EventDate], [EventTime], [LocationName] [Courtroom]. Vaya aunque no tenga todo listo; faltar puede llevar a una orden de arresto. [%Ayuda:% HelpPhone]. STOP para terminar"
      email:
        subject: "[AgencyName]: su corte es [EventRelativeDay], [EventDate]"
        body: "[ClientFirstName]:\\n\\nSu corte es [EventRelativeDay], [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Caso% CaseNumber]\\n\\nVaya aunque no tenga todo listo; faltar a la corte puede llevar a una orden de arresto. [%Ayuda:% HelpPhone].\\n\\n[AgencyName]"
  today:
    en: "[AgencyName]: [ClientFirstName], court is [EventRelativeDay] [%at% EventTime], [LocationName] [Courtroom]. Running late? Call [HelpPhone] now. STOP to end"
    es: "[AgencyName]: [ClientFirstName], su corte es [EventRelativeDay], [EventTime], [LocationName] [Courtroom]. ¿Va tarde? Llame [%al% HelpPhone] ahora. STOP para terminar"
  changed:
    en:
      sms: "[AgencyName]: [ClientFirstName], your court date has CHANGED. New: [EventDate], [EventTime], [LocationName] [Courtroom]. Ignore the earlier date. [%Help:% HelpPhone]. STOP to end"
      email:
        subject: "[AgencyName]: your court date has CHANGED to [EventDate]"
        body: "[ClientFirstName],\\n\\nyour court date has CHANGED. The new date is [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Case% CaseNumber]\\n\\nPlease ignore the earlier date. [%Help:% HelpPhone].\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], su fecha de corte ha CAMBIADO. Nueva: [EventDate], [EventTime], [LocationName] [Courtroom]. Ignore la fecha anterior. [%Ayuda:% HelpPhone]. STOP para terminar"
      email:
        subject: "[AgencyName]: su fecha de corte ha CAMBIADO al [EventDate]"
        body: "[ClientFirstName]:\\n\\nSu fecha de corte ha CAMBIADO. La nueva fecha es [EventDate], [EventTime].\\n\\n[LocationName] [Courtroom]\\n[%Caso% CaseNumber]\\n\\nPor favor ignore la fecha anterior. [%Ayuda:% HelpPhone].\\n\\n[AgencyName]"
  cancelled:
    en:
      sms: "[AgencyName]: [ClientFirstName], your court date on [EventDate] was canceled. Do not come that day. We will text any new date. [%Help:% HelpPhone]. STOP to end"
      email:
        subject: "[AgencyName]: your court date on [EventDate] was canceled"
        body: "[ClientFirstName],\\n\\nyour court date on [EventDate] was canceled. Do not come that day. We will tell you any new date. [%Help:% HelpPhone].\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], su fecha de corte del [EventDate] fue cancelada. No venga en esa fecha. Le avisaremos si hay una nueva. [%Ayuda:% HelpPhone]. STOP para terminar"
      email:
        subject: "[AgencyName]: su fecha de corte del [EventDate] fue cancelada"
        body: "[ClientFirstName]:\\n\\nSu fecha de corte del [EventDate] fue cancelada. No venga en esa fecha. Le avisaremos si hay una nueva. [%Ayuda:% HelpPhone].\\n\\n[AgencyName]"
  missed:
    en:
      sms: "[AgencyName]: [ClientFirstName], our records show you missed court on [EventDate]. You can still fix this. Call [HelpPhone] today to learn your options. STOP to end"
      email:
        subject: "[AgencyName]: about your court date on [EventDate]"
        body: "[ClientFirstName],\\n\\nour records show you missed court on [EventDate]. You can still fix this. Call [HelpPhone] today to learn your options.\\n\\n[AgencyName]"
    es:
      sms: "[AgencyName]: [ClientFirstName], nuestros registros indican que usted no vino a la corte el [EventDate]. Esto se puede arreglar. Llame hoy [%al% HelpPhone] para conocer sus opciones. STOP para terminar"
      email:
        subject: "[AgencyName]: sobre su fecha de corte del [EventDate]"
        body: "[ClientFirstName]:\\n\\nNuestros registros indican que usted no vino a la corte el [EventDate]. Esto se puede arreglar. Llame hoy [%al% HelpPhone] para conocer sus opciones.\\n\\n[AgencyName]"
`
